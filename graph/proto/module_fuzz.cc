// Any bytes give a verified module or an error; what was read is written and read to the same again.
#include <cstdint>
#include <cstdlib>

#include "graph/proto/module_file.h"
#include "graph/text/testing/test_ops.h"
#include "graph/text/text.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const absl::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto file = weft::ReadModuleFile(bytes, weft::TestOps(), {.allow_fused = true});
  if (!file.ok()) return 0;
  const auto written = weft::SerializeModule(*file->module, {.dump = true, .weights = file->weights});
  if (!written.ok()) std::abort();
  const auto again = weft::ReadModuleFile(*written, weft::TestOps(), {.allow_fused = true});
  if (!again.ok() || ToText(*again->module) != ToText(*file->module)) std::abort();
  if (*weft::SerializeModule(*again->module, {.dump = true, .weights = again->weights}) != *written) std::abort();
  return 0;
}
