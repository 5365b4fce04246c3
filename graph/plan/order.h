// The order in which nodes run.
#ifndef WEFT_GRAPH_PLAN_ORDER_H_
#define WEFT_GRAPH_PLAN_ORDER_H_

#include <cstdint>
#include <vector>

#include "absl/types/span.h"
#include "graph/ir/value.h"

namespace weft {

// A wish: `after` runs behind all of `before`, so that it may overwrite what they read.
struct OrderWish {
  NodeId after = 0;
  std::vector<NodeId> before;  // without `after` itself
};

struct OrderRequest {
  // dependencies[begin[n]] ... dependencies[begin[n + 1] - 1]: the nodes whose results node n needs (repeats are
  // allowed). REQUIRES: each smaller than n.
  std::vector<int> begin;
  std::vector<NodeId> dependencies;
  std::vector<bool> runs;  // nodes that are not to run do not appear
  // Of the nodes that may run next, those of a lower rank do first.
  std::vector<int8_t> rank;
  absl::Span<const OrderWish> wishes;
};

struct OrderResult {
  std::vector<NodeId> order;
  std::vector<bool> granted;  // one per wish
};

// Stable: of nodes of one rank that may run next the one with the smallest id does, so without wishes and ranks the
// order is that of the ids. A wish that would have to wait for itself is given up. O((nodes + edges) log nodes).
OrderResult Order(const OrderRequest& request);

}  // namespace weft

#endif  // WEFT_GRAPH_PLAN_ORDER_H_
