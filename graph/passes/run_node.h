// Runs one node at once, on the kernel that a program would use: what constant folding computes with.
#ifndef WEFT_GRAPH_PASSES_RUN_NODE_H_
#define WEFT_GRAPH_PASSES_RUN_NODE_H_

#include <vector>

#include "absl/status/statusor.h"
#include "core/tensor.h"
#include "graph/exec/target.h"
#include "graph/ir/graph.h"

namespace weft {

// All types static. The results have the bits that a run would give, whatever the target.
absl::StatusOr<std::vector<Tensor>> RunNode(const Graph& graph, const Node& node, absl::Span<const Tensor> inputs,
                                            const Target& target);

}  // namespace weft

#endif  // WEFT_GRAPH_PASSES_RUN_NODE_H_
