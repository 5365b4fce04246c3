// Any bytes give tensors or an error; what was read is written and read to the same again.
#include <cstdint>
#include <cstdlib>

#include "graph/proto/safetensors.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto file = weft::ReadSafetensors(absl::string_view(reinterpret_cast<const char*>(data), size));
  if (!file.ok()) return 0;
  const auto written = weft::WriteSafetensors(file->tensors, file->metadata);
  if (!written.ok()) std::abort();
  const auto again = weft::ReadSafetensors(*written);
  if (!again.ok() || again->tensors.size() != file->tensors.size()) std::abort();
  if (*weft::WriteSafetensors(again->tensors, again->metadata) != *written) std::abort();
  return 0;
}
