// The text form of graphs and modules: for people, diffs and tests. It parses back to a structurally equal graph, NaN
// payloads, -0 and every bit of a float included. The grammar stands in docs/graph_format.md.
//
//   function {
//     %x: f32[n,784] = input("x")
//     %dense.kernel: f32[784,10] = variable("dense/kernel")
//     %matmul: f32[n,10] = matmul(%x, %dense.kernel, transpose_b=true)
//     output "y" = %matmul
//     update "dense/kernel" = %dense.kernel
//   }
//
// Values are named after what makes them (an input, a variable, the op), with .1, .2 ... behind further ones, so that a
// node more or less renumbers little. Attributes that equal their default are left out.
#ifndef WEFT_GRAPH_TEXT_TEXT_H_
#define WEFT_GRAPH_TEXT_TEXT_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "graph/ir/graph.h"
#include "graph/ir/module.h"
#include "graph/ir/registry.h"

namespace weft {

struct TextOptions {
  // Where each node came from, as a comment behind it. Comments are skipped when the text is read.
  bool origins = false;
  // Tensors with more elements than this show only the first ones, and the text no longer parses; -1: all are in full.
  int64_t max_tensor_elements = -1;
};

std::string ToText(const Graph& graph, const TextOptions& options = {});
std::string ToText(const Module& module, const TextOptions& options = {});

// No text longer than this is parsed.
inline constexpr int64_t kMaxTextBytes = int64_t{256} << 20;

// Reads what ToText writes. The type of a result may be left out (but for inputs); one that is given is compared with
// what the op's type rule infers. Trusts nothing: any bytes give a graph that passed the verifier, or InvalidArgument
// beginning with "line:column: ". Memory is bounded by a constant times the text's length.
// The origin of each node is its line: file "text".
absl::StatusOr<GraphPtr> ParseGraph(absl::string_view text, const OpRegistry& registry);
// `registry` outlives the module and the graph.
absl::StatusOr<Module> ParseModule(absl::string_view text, const OpRegistry& registry);

}  // namespace weft

#endif  // WEFT_GRAPH_TEXT_TEXT_H_
