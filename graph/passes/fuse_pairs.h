// The fusion of two nodes side by side, which read one value and need nothing of each other:
//
//   a = first(x, v, ...)                      a, b = both(x, v, ..., y, ...)
//   b = second(v, y, ...)           ->
//
// as a weight's and a bias' gradient, which are sums over the same rows. What is read of v is then read once.
#ifndef WEFT_GRAPH_PASSES_FUSE_PAIRS_H_
#define WEFT_GRAPH_PASSES_FUSE_PAIRS_H_

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "graph/ir/graph.h"
#include "graph/ir/registry.h"
#include "graph/passes/pass.h"

namespace weft {

// What is particular to one such fusion.
struct PairFusion {
  std::string op;   // what the two become; receipts have it as their rule
  std::string why;  // why the two may become one, for the receipt of a pair that did
  // Whether a node can be the first of a pair. The value that it shares is its operand 1.
  std::function<bool(const Graph& graph, const Node& node)> is_first;
  // Whether a node whose operand 0 is the shared value can be the second.
  std::function<bool(const Graph& graph, const Node& node)> is_second;
  // Attributes of what they become. It reads the operands of the first and then those of the second but for the shared
  // one, and has the results of the first and then those of the second.
  std::function<absl::StatusOr<AttrMap>(const Graph& graph, const Node& first, const Node& second,
                                        const OpRegistry& registry)>
      attrs;
};

// Joins each first, in order, with the first of its readers in order that is a second, is not joined yet, and neither
// needs nor is needed by it, by way of other pairs too. The new node stands where the earlier of the two stood, or as
// soon behind it as its operands allow. Adds a receipt for each pair looked at: joined, or not done because one of the
// two needs a result of the other. Gives the same pointer where nothing was joined.
absl::StatusOr<GraphPtr> FusePairs(const PairFusion& fusion, const GraphPtr& graph, const OpRegistry& registry,
                                   std::vector<Receipt>* receipts);

// The same as an exact rule, named after the op.
std::shared_ptr<const FusionRule> PairFusionRule(PairFusion fusion);

}  // namespace weft

#endif  // WEFT_GRAPH_PASSES_FUSE_PAIRS_H_
