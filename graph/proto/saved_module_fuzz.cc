// Any bytes, taken for a zip archive, give a loaded module or an error.
#include <cstdint>
#include <cstdlib>

#include "graph/proto/saved_module.h"
#include "graph/text/testing/test_ops.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const absl::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto loaded = weft::LoadModuleFromBytes(bytes, weft::TestOps());
  if (loaded.ok() && !weft::SaveModuleToBytes(*loaded->module, loaded->variables).ok()) std::abort();
  return 0;
}
