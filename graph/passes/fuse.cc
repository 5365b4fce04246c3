#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "core/status.h"
#include "graph/passes/fusion_groups.h"
#include "graph/passes/join_nodes.h"
#include "graph/passes/passes.h"
#include "graph/passes/transform.h"

namespace weft {
namespace {

// Records the groups of a plan.
class Emitter {
 public:
  Emitter(const Graph& graph, const OpRegistry& registry, const FusionPlan& plan, std::vector<Receipt>* receipts)
      : graph_(graph), registry_(registry), plan_(plan), receipts_(receipts) {}

  // A group stands where its last node stood, if it can.
  absl::StatusOr<GraphPtr> Run() {
    std::vector<NodeGroup> groups;
    for (const FusionGroup& group : plan_.groups) {
      std::vector<NodeId> nodes = group.nodes;
      if (group.host >= 0) nodes.insert(nodes.begin(), group.host);
      const NodeId last = *std::max_element(nodes.begin(), nodes.end());
      groups.push_back({std::move(nodes), last});
    }
    return JoinNodes(graph_, registry_, groups, [&](int i) -> absl::StatusOr<JoinedNode> {
      WEFT_ASSIGN_OR_RETURN(JoinedNode joined, Join(plan_.groups[i]));
      joined.origin = JoinedOrigin(graph_, groups[i].nodes);
      Note(plan_.groups[i], joined);
      return joined;
    });
  }

 private:
  // The group's nodes over scalars. Input 0 is the host's result, if there is a host.
  absl::StatusOr<GraphPtr> Body(const FusionGroup& group) const {
    GraphBuilder body(registry_);
    std::vector<std::pair<ValueId, Value>> known;
    auto scalar = [&](ValueId id) { return TensorType{graph_.type(id).dtype, Shape()}; };
    if (group.host >= 0) {
      ValueId id = graph_.node(group.host).first_output;
      known.emplace_back(id, body.Input("product", scalar(id)));
    }
    for (size_t i = 0; i < group.inputs.size(); ++i) {
      known.emplace_back(group.inputs[i], body.Input(absl::StrCat("x", i), scalar(group.inputs[i])));
    }
    auto find = [&](ValueId id) {
      for (const auto& [key, value] : known) {
        if (key == id) return value;
      }
      // What is neither an input nor computed inside is a constant of one element.
      const Tensor* tensor = ConstantOf(graph_, id, registry_);
      if (tensor == nullptr) return body.Error(Internal("a program reads a value that it does not have"));
      absl::StatusOr<Tensor> element = tensor->Reshaped({});
      if (!element.ok()) return body.Error(element.status());
      known.emplace_back(id, body.Constant(*element));
      return known.back().second;
    };
    for (NodeId id : group.nodes) {
      const Node& node = graph_.node(id);
      std::vector<Value> inputs;
      for (ValueId input : node.inputs) inputs.push_back(find(input));
      known.emplace_back(node.first_output, body.CopyNode(node, inputs)[0]);
    }
    int next = 0;
    if (group.host_is_output) body.Output(absl::StrCat("y", next++), known[0].second);
    for (ValueId output : group.outputs) body.Output(absl::StrCat("y", next++), find(output));
    return body.Build();
  }

  absl::StatusOr<JoinedNode> Join(const FusionGroup& group) const {
    WEFT_ASSIGN_OR_RETURN(GraphPtr body, Body(group));
    JoinedNode joined;
    if (group.host >= 0) {
      const Node& host = graph_.node(group.host);
      joined.op = host.op->epilogue_host;
      joined.inputs.assign(host.inputs.begin(), host.inputs.end());
      joined.attrs = host.attrs->With("body", std::move(body));
      if (group.host_is_output) joined.results.push_back(host.first_output);
    } else {
      joined.op = registry_.roles().elementwise_program->name;
      joined.attrs = AttrMap({{"body", std::move(body)}});
    }
    joined.inputs.insert(joined.inputs.end(), group.inputs.begin(), group.inputs.end());
    joined.results.insert(joined.results.end(), group.outputs.begin(), group.outputs.end());
    return joined;
  }

  void Note(const FusionGroup& group, const JoinedNode& joined) {
    std::vector<std::string> names;
    if (group.host >= 0) names.push_back(graph_.node(group.host).op->name);
    for (NodeId id : group.nodes) names.push_back(graph_.node(id).op->name);
    Receipt receipt;
    const std::string where = joined.origin->ToString();
    receipt.what = absl::StrCat(absl::StrJoin(names, " + "), " -> ", joined.op,
                                where.empty() ? "" : absl::StrCat(" (", where, ")"));
    receipt.rule = group.host >= 0 ? "epilogue" : "program";
    receipt.why =
        absl::StrCat("elementwise ops over ", graph_.type(graph_.node(group.nodes[0]).first_output).shape.ToString(),
                     " need no memory between them");
    receipts_->push_back(receipt);
    if (group.host < 0 && !group.refusal.empty()) {
      receipt.rule = "epilogue";
      receipt.applied = false;
      receipt.why = group.refusal;
      receipts_->push_back(std::move(receipt));
    }
  }

  const Graph& graph_;
  const OpRegistry& registry_;
  const FusionPlan& plan_;
  std::vector<Receipt>* receipts_;
};

// "relu not fused: its input has two readers": an elementwise node that stays alone although an op with an epilogue
// feeds it.
void NoteLoners(const Graph& graph, const FusionPlan& plan, std::vector<Receipt>* receipts) {
  for (NodeId id = 0; id < graph.num_nodes(); ++id) {
    const Node& node = graph.node(id);
    if (plan.group_of[id] >= 0 || !node.op->elementwise.has_value()) continue;
    for (ValueId input : node.inputs) {
      const Node& producer = graph.producer(input);
      if (producer.op->epilogue_host.empty()) continue;
      Receipt receipt;
      receipt.rule = "epilogue";
      receipt.applied = false;
      receipt.what = absl::StrCat(node.op->name, " after ", producer.op->name);
      if (graph.type(input).dtype != DType::kFloat32) {
        receipt.why = absl::StrCat("there is no kernel for ", Name(graph.type(input).dtype));
      } else if (graph.type(input).shape != graph.type(node.first_output).shape) {
        receipt.why = "its input is broadcast";
      } else {
        receipt.why = "its input has other readers";
      }
      receipts->push_back(std::move(receipt));
    }
  }
}

absl::StatusOr<GraphPtr> FuseGraph(GraphPtr graph, const OpRegistry& registry, const Target& target, bool exact_only,
                                   std::vector<Receipt>* receipts) {
  if (registry.roles().elementwise_program != nullptr) {
    FusionPlan plan = PlanFusion(*graph, registry, target);
    NoteLoners(*graph, plan, receipts);
    if (!plan.groups.empty()) {
      WEFT_ASSIGN_OR_RETURN(graph, Emitter(*graph, registry, plan, receipts).Run());
    }
  }
  for (const std::shared_ptr<const FusionRule>& rule : registry.fusion_rules()) {
    if (exact_only && !rule->exact) continue;
    absl::StatusOr<GraphPtr> next = rule->run(graph, registry, receipts);
    if (next.ok() && *next == nullptr) next = Internal("it gives no graph");
    if (!next.ok()) return Annotate(next.status(), absl::StrCat("fusion rule ", rule->name));
    graph = *std::move(next);
  }
  return graph;
}

}  // namespace

Pass FusePass(bool exact_only) {
  Pass pass = PassOverGraphs(
      "fuse", "Joins elementwise ops into programs, and programs into the kernels that compute their input.",
      [exact_only](const GraphPtr& graph, const OpRegistry& registry, const Target& target,
                   std::vector<Receipt>* receipts) {
        return FuseGraph(graph, registry, target, exact_only, receipts);
      });
  pass.exact = exact_only;
  return pass;
}

}  // namespace weft
