// Which captured operands of a loop may lie in panels, and the loop's body for them. Private to the layout pass.
#ifndef WEFT_GRAPH_PASSES_LOOP_LAYOUT_H_
#define WEFT_GRAPH_PASSES_LOOP_LAYOUT_H_

#include <vector>

#include "absl/status/statusor.h"
#include "graph/ir/graph.h"
#include "graph/ir/registry.h"

namespace weft {

// Whether `input` of a node is read in this layout as a product reads it: the node's results stay what they are.
bool ReadsLayout(const Graph& graph, const Node& node, int input, Layout layout);

// The same for input number `input` of a loop's body: all that reads it, in loops within the loop too, does so like
// that; and something reads it.
bool BodyReadsLayout(const Graph& body, int input, Layout layout);

// The body whose inputs with `relaid` set have this layout. REQUIRES: BodyReadsLayout of each.
absl::StatusOr<GraphPtr> BodyInLayout(const Graph& body, const OpRegistry& registry, const std::vector<bool>& relaid,
                                      Layout layout);

}  // namespace weft

#endif  // WEFT_GRAPH_PASSES_LOOP_LAYOUT_H_
