// Pairs of nodes that a fusion makes one of, without making a cycle (see fuse_pairs.h).
#ifndef WEFT_GRAPH_PASSES_NODE_PAIRS_H_
#define WEFT_GRAPH_PASSES_NODE_PAIRS_H_

#include <utility>
#include <vector>

#include "graph/ir/graph.h"

namespace weft {

// The nodes of a graph in groups: pairs to be merged, everything else alone. A group is named by its first node. The
// graph outlives it.
class NodePairs {
 public:
  explicit NodePairs(const Graph& graph);

  // Whether node `to` is node `from`, or needs it, by way of any group.
  bool Needs(NodeId to, NodeId from) const;
  // REQUIRES: neither is merged, or needs the other.
  void Merge(NodeId a, NodeId b);
  bool IsMerged(NodeId node) const { return group_[node] != node || second_[node] >= 0; }

 private:
  template <typename F>
  void ForEachOperand(NodeId group, F&& f) const;

  const Graph& graph_;
  std::vector<NodeId> group_;   // of each node
  std::vector<NodeId> second_;  // of each group: the other node, or -1
  std::vector<std::pair<NodeId, NodeId>> pairs_;
  // Groups that the search of this number has visited.
  mutable std::vector<int> seen_;
  mutable int search_ = 0;
};

}  // namespace weft

#endif  // WEFT_GRAPH_PASSES_NODE_PAIRS_H_
