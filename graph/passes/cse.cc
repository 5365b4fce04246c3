#include <map>

#include "absl/container/flat_hash_map.h"
#include "absl/hash/hash.h"
#include "core/status.h"
#include "graph/ir/scan.h"
#include "graph/passes/passes.h"
#include "graph/passes/transform.h"

namespace weft {
namespace {

// Whether loop `b` is loop `a` with more stacked results: the same operands and the same body nodes, a's results first.
bool Extends(const Node& b, const Node& a) {
  if (a.inputs != b.inputs || b.num_outputs < a.num_outputs) return false;
  ScanView x(a), y(b);
  if (x.num_carries != y.num_carries || x.num_stacked != y.num_stacked || x.reverse != y.reverse ||
      x.length != y.length || x.body->num_nodes() != y.body->num_nodes()) {
    return false;
  }
  for (NodeId id = 0; id < x.body->num_nodes(); ++id) {
    const Node &p = x.body->node(id), &q = y.body->node(id);
    if (p.op != q.op || p.inputs != q.inputs || p.num_outputs != q.num_outputs || !(*p.attrs == *q.attrs)) return false;
  }
  for (size_t i = 0; i < x.body->outputs().size(); ++i) {
    if (x.body->outputs()[i].value != y.body->outputs()[i].value) return false;
  }
  return true;
}

// replaced[id]: the loop that gives all that loop `id` gives, and more; -1 for none. The widest wins.
std::vector<NodeId> WiderLoops(const Graph& graph) {
  std::vector<NodeId> wider(graph.num_nodes(), -1);
  std::map<std::vector<ValueId>, std::vector<NodeId>> loops;
  for (NodeId id = 0; id < graph.num_nodes(); ++id) {
    const Node& node = graph.node(id);
    if (IsScan(node)) loops[{node.inputs.begin(), node.inputs.end()}].push_back(id);
  }
  for (const auto& [operands, ids] : loops) {
    for (NodeId a : ids) {
      for (NodeId b : ids) {
        if (a == b || graph.node(b).num_outputs <= graph.node(a).num_outputs) continue;
        if (wider[a] >= 0 && graph.node(wider[a]).num_outputs >= graph.node(b).num_outputs) continue;
        if (Extends(graph.node(b), graph.node(a))) wider[a] = b;
      }
    }
  }
  return wider;
}

struct NodeKey {
  const OpDef* op;
  AttrsPtr attrs;
  absl::InlinedVector<ValueId, 3> inputs;
  template <typename H>
  friend H AbslHashValue(H h, const NodeKey& key) {
    return H::combine(std::move(h), key.op, key.attrs->Hash(), key.inputs);
  }
  friend bool operator==(const NodeKey& a, const NodeKey& b) {
    return a.op == b.op && a.inputs == b.inputs && (a.attrs == b.attrs || *a.attrs == *b.attrs);
  }
};

absl::StatusOr<GraphPtr> MergeEqual(const GraphPtr& graph, const OpRegistry& registry, std::vector<Receipt>* receipts) {
  std::vector<NodeId> wider = WiderLoops(*graph);
  absl::flat_hash_map<NodeKey, std::vector<Value>> seen;
  int merged = 0;
  WEFT_ASSIGN_OR_RETURN(GraphPtr result,
                        RebuildGraph(*graph, registry, [&](GraphBuilder& b, NodeId id, absl::Span<const Value> inputs) {
                          const Node& node = graph->node(id);
                          if (IsInput(node) || IsVariable(node)) return b.CopyNode(node, inputs);
                          // A wider loop with the same operands can stand where the narrow one stood: its operands are
                          // there.
                          const Node& chosen = wider[id] >= 0 ? graph->node(wider[id]) : node;
                          NodeKey key{chosen.op, chosen.attrs, {}};
                          for (const Value& input : inputs) key.inputs.push_back(input.id());
                          if (chosen.op->commutative && key.inputs.size() == 2 && key.inputs[0] > key.inputs[1]) {
                            std::swap(key.inputs[0], key.inputs[1]);
                          }
                          auto it = seen.find(key);
                          if (it == seen.end()) {
                            it = seen.emplace(std::move(key), b.CopyNode(chosen, inputs)).first;
                          } else {
                            ++merged;
                            if (IsScan(node)) {
                              Receipt receipt;
                              receipt.rule = "merge_loops";
                              receipt.what = "two loops over the same operands became one";
                              receipt.why = "the gradient of a loop needs the carries that the loop itself computes";
                              receipts->push_back(std::move(receipt));
                            }
                          }
                          return std::vector<Value>(it->second.begin(), it->second.begin() + node.num_outputs);
                        }));
  return merged == 0 ? graph : result;
}

}  // namespace

Pass CsePass() {
  return PassOverGraphs("cse", "Computes equal expressions once.",
                        [](const GraphPtr& graph, const OpRegistry& registry, const Target&,
                           std::vector<Receipt>* receipts) { return MergeEqual(graph, registry, receipts); });
}

}  // namespace weft
