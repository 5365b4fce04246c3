#include "graph/passes/fuse_pairs.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/status.h"
#include "graph/passes/join_nodes.h"
#include "graph/passes/node_pairs.h"

namespace weft {
namespace {

constexpr int kShared = 1;  // the operand of the first

struct Pair {
  NodeId first, second;
};

std::vector<Pair> FindPairs(const PairFusion& fusion, const Graph& graph, std::vector<Receipt>* receipts) {
  std::vector<Pair> found;
  NodePairs pairs(graph);
  std::vector<absl::InlinedVector<NodeId, 2>> readers;
  for (NodeId id = 0; id < graph.num_nodes(); ++id) {
    const Node& first = graph.node(id);
    if (!fusion.is_first(graph, first)) continue;
    if (readers.empty()) readers = Readers(graph);
    const ValueId shared = first.inputs[kShared];
    for (NodeId reader : readers[shared]) {
      const Node& second = graph.node(reader);
      if (second.inputs[0] != shared || !fusion.is_second(graph, second) || pairs.IsMerged(reader)) continue;
      Receipt receipt;
      receipt.pass = "fuse";
      receipt.rule = fusion.op;
      receipt.what = absl::StrCat(NameAndPlace(first), " + ", NameAndPlace(second), " -> ", fusion.op);
      receipt.applied = !pairs.Needs(reader, id) && !pairs.Needs(id, reader);
      receipt.why = receipt.applied ? fusion.why : "one of the two needs a result of the other";
      const bool joined = receipt.applied;
      receipts->push_back(std::move(receipt));
      if (!joined) continue;
      pairs.Merge(id, reader);
      found.push_back({id, reader});
      break;
    }
  }
  return found;
}

}  // namespace

absl::StatusOr<GraphPtr> FusePairs(const PairFusion& fusion, const GraphPtr& graph, const OpRegistry& registry,
                                   std::vector<Receipt>* receipts) {
  const std::vector<Pair> pairs = FindPairs(fusion, *graph, receipts);
  if (pairs.empty()) return graph;
  std::vector<NodeGroup> groups;
  for (const auto& [first, second] : pairs) groups.push_back({{first, second}, std::min(first, second)});
  return JoinNodes(*graph, registry, groups, [&](int group) -> absl::StatusOr<JoinedNode> {
    const Node &first = graph->node(pairs[group].first), &second = graph->node(pairs[group].second);
    JoinedNode joined;
    joined.op = fusion.op;
    joined.inputs.assign(first.inputs.begin(), first.inputs.end());
    joined.inputs.insert(joined.inputs.end(), second.inputs.begin() + 1, second.inputs.end());
    for (const Node* node : {&first, &second}) {
      for (int i = 0; i < node->num_outputs; ++i) joined.results.push_back(node->first_output + i);
    }
    joined.origin = JoinedOrigin(*graph, groups[group].nodes);
    WEFT_ASSIGN_OR_RETURN(joined.attrs, fusion.attrs(*graph, first, second, registry));
    return joined;
  });
}

std::shared_ptr<const FusionRule> PairFusionRule(PairFusion fusion) {
  auto rule = std::make_shared<FusionRule>();
  rule->name = fusion.op;
  rule->run = [fusion = std::move(fusion)](const GraphPtr& graph, const OpRegistry& registry,
                                           std::vector<Receipt>* receipts) {
    return FusePairs(fusion, graph, registry, receipts);
  };
  return rule;
}

}  // namespace weft
