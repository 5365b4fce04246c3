// Any bytes give a verified graph or an error; what was parsed prints and parses to the same again.
#include <cstdint>
#include <cstdlib>

#include "graph/text/testing/test_ops.h"
#include "graph/text/text.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const absl::string_view text(reinterpret_cast<const char*>(data), size);
  const absl::StatusOr<weft::Module> module = weft::ParseModule(text, weft::TestOps());
  if (module.ok()) {
    const std::string printed = weft::ToText(*module);
    const absl::StatusOr<weft::Module> again = weft::ParseModule(printed, weft::TestOps());
    if (!again.ok() || weft::ToText(*again) != printed) std::abort();
  }
  const absl::StatusOr<weft::GraphPtr> graph = weft::ParseGraph(text, weft::TestOps());
  if (graph.ok()) {
    const absl::StatusOr<weft::GraphPtr> again = weft::ParseGraph(weft::ToText(**graph), weft::TestOps());
    if (!again.ok() || !StructurallyEqual(**graph, **again)) std::abort();
  }
  return 0;
}
