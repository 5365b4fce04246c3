#include <queue>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "core/status.h"
#include "graph/passes/fusion_groups.h"
#include "graph/passes/passes.h"
#include "graph/passes/transform.h"

namespace weft {
namespace {

class Emitter {
 public:
  Emitter(const Graph& graph, const OpRegistry& registry, const FusionPlan& plan, std::vector<Receipt>* receipts)
      : graph_(graph),
        registry_(registry),
        plan_(plan),
        receipts_(receipts),
        builder_(registry),
        values_(graph.num_values()) {}

  absl::StatusOr<GraphPtr> Run() {
    for (int unit : Order()) {
      if (unit >= graph_.num_nodes()) {
        WEFT_RETURN_IF_ERROR(EmitGroup(plan_.groups[unit - graph_.num_nodes()]));
      } else {
        std::vector<Value> inputs;
        for (ValueId input : graph_.node(unit).inputs) inputs.push_back(values_[input]);
        Keep(graph_.node(unit), builder_.CopyNode(graph_.node(unit), inputs));
      }
      WEFT_RETURN_IF_ERROR(builder_.status());
    }
    for (const Graph::Output& output : graph_.outputs()) builder_.Output(output.name, values_[output.value]);
    for (const Graph::Update& update : graph_.updates()) builder_.Update(update.variable, values_[update.value]);
    return builder_.Build();
  }

 private:
  int UnitOf(NodeId id) const { return plan_.group_of[id] >= 0 ? graph_.num_nodes() + plan_.group_of[id] : id; }

  // Nodes and groups (as node count + index) in dependency order; a group stands where its last node stood, if it can.
  std::vector<int> Order() const {
    const int units = graph_.num_nodes() + static_cast<int>(plan_.groups.size());
    std::vector<NodeId> priority(units, -1);
    std::vector<int> waiting(units, 0);
    std::vector<std::vector<int>> unblocks(units);
    for (NodeId id = 0; id < graph_.num_nodes(); ++id) {
      int unit = UnitOf(id);
      priority[unit] = std::max(priority[unit], id);
      for (ValueId input : graph_.node(id).inputs) {
        int from = UnitOf(graph_.value(input).node);
        if (from == unit) continue;
        unblocks[from].push_back(unit);
        ++waiting[unit];
      }
    }
    using Entry = std::pair<NodeId, int>;
    std::priority_queue<Entry, std::vector<Entry>, std::greater<Entry>> ready;
    for (int unit = 0; unit < units; ++unit) {
      if (priority[unit] >= 0 && waiting[unit] == 0) ready.emplace(priority[unit], unit);
    }
    std::vector<int> order;
    while (!ready.empty()) {
      int unit = ready.top().second;
      ready.pop();
      order.push_back(unit);
      for (int next : unblocks[unit]) {
        if (--waiting[next] == 0) ready.emplace(priority[next], next);
      }
    }
    return order;
  }

  void Keep(const Node& node, absl::Span<const Value> results) {
    for (int i = 0; i < node.num_outputs; ++i) values_[node.first_output + i] = results[i];
  }

  // The group's nodes over scalars. Input 0 is the host's result, if there is a host.
  absl::StatusOr<GraphPtr> Body(const FusionGroup& group) {
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

  OriginPtr OriginOf(const FusionGroup& group) const {
    auto origin = std::make_shared<Origin>();
    auto add = [&](NodeId id) {
      const OriginPtr& from = graph_.node(id).origin;
      if (from != nullptr && std::find(origin->from.begin(), origin->from.end(), from) == origin->from.end()) {
        origin->from.push_back(from);
      }
    };
    if (group.host >= 0) add(group.host);
    for (NodeId id : group.nodes) add(id);
    return origin->from.size() == 1 ? origin->from[0] : origin;
  }

  absl::Status EmitGroup(const FusionGroup& group) {
    WEFT_ASSIGN_OR_RETURN(GraphPtr body, Body(group));
    std::vector<Value> inputs;
    AttrMap attrs;
    std::string op;
    if (group.host >= 0) {
      const Node& host = graph_.node(group.host);
      for (ValueId input : host.inputs) inputs.push_back(values_[input]);
      attrs = host.attrs->With("body", body);
      op = host.op->epilogue_host;
    } else {
      attrs = AttrMap({{"body", body}});
      op = registry_.roles().elementwise_program->name;
    }
    for (ValueId input : group.inputs) inputs.push_back(values_[input]);
    int num_outputs = static_cast<int>(body->outputs().size());
    OriginPtr origin = OriginOf(group);
    builder_.set_origin(origin);
    std::vector<Value> results = builder_.Record(op, inputs, std::move(attrs), SourceLocation::current(), num_outputs);
    builder_.set_origin(nullptr);
    WEFT_RETURN_IF_ERROR(builder_.status());
    int next = 0;
    if (group.host_is_output) values_[graph_.node(group.host).first_output] = results[next++];
    for (ValueId output : group.outputs) values_[output] = results[next++];
    Note(group, op, origin);
    return absl::OkStatus();
  }

  void Note(const FusionGroup& group, const std::string& op, const OriginPtr& origin) {
    std::vector<std::string> names;
    if (group.host >= 0) names.push_back(graph_.node(group.host).op->name);
    for (NodeId id : group.nodes) names.push_back(graph_.node(id).op->name);
    Receipt receipt;
    std::string where = origin == nullptr ? "" : origin->ToString();
    receipt.what =
        absl::StrCat(absl::StrJoin(names, " + "), " -> ", op, where.empty() ? "" : absl::StrCat(" (", where, ")"));
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
  GraphBuilder builder_;
  std::vector<Value> values_;
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
  Pass pass;
  pass.name = "fuse";
  pass.doc = "Joins elementwise ops into programs, and programs into the kernels that compute their input.";
  pass.exact = exact_only;
  pass.run = [exact_only](std::shared_ptr<const Module> module, const Target& target) {
    const OpRegistry& registry = module->registry();
    return TransformModule("fuse", std::move(module), [&](const GraphPtr& graph, std::vector<Receipt>* receipts) {
      return FuseGraph(graph, registry, target, exact_only, receipts);
    });
  };
  return pass;
}

}  // namespace weft
