#include "graph/passes/node_pairs.h"

#include <algorithm>

namespace weft {

NodePairs::NodePairs(const Graph& graph)
    : graph_(graph), group_(graph.num_nodes()), second_(graph.num_nodes(), -1), seen_(graph.num_nodes()) {
  for (int i = 0; i < graph.num_nodes(); ++i) group_[i] = i;
}

template <typename F>
void NodePairs::ForEachOperand(NodeId group, F&& f) const {
  for (NodeId node : {group, second_[group]}) {
    if (node < 0) continue;
    for (ValueId v : graph_.node(node).inputs) f(group_[graph_.value(v).node]);
  }
}

bool NodePairs::Needs(NodeId to, NodeId from) const {
  const NodeId goal = group_[from];
  // Operands come first in the graph. So what lies wholly before the goal cannot need it, unless a pair reaches from
  // there to behind it.
  bool may_stop = true;
  for (const auto& [first, second] : pairs_) may_stop = may_stop && !(first < goal && second > goal);
  ++search_;
  std::vector<NodeId> stack = {group_[to]};
  while (!stack.empty()) {
    const NodeId at = stack.back();
    stack.pop_back();
    if (at == goal) return true;
    if (seen_[at] == search_ || (may_stop && at < goal && second_[at] < goal)) continue;
    seen_[at] = search_;
    ForEachOperand(at, [&](NodeId operand) { stack.push_back(operand); });
  }
  return false;
}

void NodePairs::Merge(NodeId a, NodeId b) {
  pairs_.push_back({std::min(a, b), std::max(a, b)});
  group_[std::max(a, b)] = std::min(a, b);
  second_[std::min(a, b)] = std::max(a, b);
}

}  // namespace weft
