// Which elementwise nodes of a function become one program. Analysis only; fuse.cc records the result.
//
// Every node gets a rank: a node's rank is that of the inputs it could be fused with, one more than that of any other
// input. An edge between two elementwise nodes of the same shape and rank puts both into one group. Any path that
// leaves a group raises the rank, so no path returns to it: groups never form a cycle, and the whole analysis is one
// walk. Then nodes sink into the group that alone reads them, where that stores no more values than before: relu's mask
// moves from the forward program to the backward one, and rho * v from nowhere into the update. Groups of one rank and
// shape that read the same stored value are joined at last (no path leads from rank to rank within one), unless one of
// them may become an epilogue: so the value is read once.
#ifndef WEFT_GRAPH_PASSES_FUSION_GROUPS_H_
#define WEFT_GRAPH_PASSES_FUSION_GROUPS_H_

#include <string>
#include <vector>

#include "graph/exec/target.h"
#include "graph/ir/graph.h"
#include "graph/ir/registry.h"

namespace weft {

struct FusionGroup {
  std::vector<NodeId> nodes;    // ascending
  std::vector<ValueId> inputs;  // read from outside, in order of first use; constants of one element are not among them
  std::vector<ValueId> outputs;  // read from outside, or results of the function
  NodeId host = -1;              // whose epilogue the group becomes; its value is then not among the inputs
  bool host_is_output = false;   // the host's own value is read elsewhere too: the epilogue hands it out first
  std::string refusal;           // why a candidate host was not taken; "" if there was none
};

struct FusionPlan {
  std::vector<FusionGroup> groups;  // those with two or more nodes, or with a host
  std::vector<int> group_of;        // per node (hosts included); -1: not in a group
};

FusionPlan PlanFusion(const Graph& graph, const OpRegistry& registry, const Target& target);

}  // namespace weft

#endif  // WEFT_GRAPH_PASSES_FUSION_GROUPS_H_
