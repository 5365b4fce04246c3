#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "core/status.h"
#include "graph/ir/scan.h"
#include "graph/passes/passes.h"
#include "graph/passes/transform.h"

namespace weft {
namespace {

// One loop, recorded anew with less in its body.
class LoopHoister {
 public:
  // `inputs`: the loop's operands in the graph that is being built.
  LoopHoister(GraphBuilder& outer, const OpRegistry& registry, const Node& node, absl::Span<const Value> inputs,
              std::vector<Receipt>* receipts)
      : outer_(outer),
        node_(node),
        scan_(node),
        body_graph_(*scan_.body),
        inputs_(inputs),
        receipts_(receipts),
        body_(registry),
        outside_(body_graph_.num_values()),
        inside_(body_graph_.num_values()) {}

  bool changed() const { return changed_; }

  std::vector<Value> Run() {
    for (size_t i = 0; i < inputs_.size(); ++i) {
      const ValueId value = body_graph_.inputs()[i];
      if (static_cast<int>(i) < scan_.num_carries + scan_.num_stacked) {
        inside_[value] = body_.Input(body_graph_.input_name(static_cast<int>(i)), body_graph_.type(value));
      } else {
        outside_[value] = inputs_[i];
      }
    }
    for (const Node& node : body_graph_.nodes()) {
      if (!IsInput(node) && !MoveOut(node)) Keep(node);
      if (!outer_.status().ok() || !body_.status().ok()) break;
    }
    if (!changed_) return outer_.CopyNode(node_, inputs_);
    for (const Graph::Output& output : body_graph_.outputs()) body_.Output(output.name, Inside(output.value));
    absl::StatusOr<GraphPtr> body = body_.Build();
    if (!body.ok()) {
      return std::vector<Value>(node_.num_outputs, outer_.Error(Annotate(body.status(), "the body of a loop")));
    }
    std::vector<Value> operands(inputs_.begin(), inputs_.begin() + scan_.num_carries + scan_.num_stacked);
    operands.insert(operands.end(), captured_.begin(), captured_.end());
    return CopyWithBody(outer_, node_, operands, *body);
  }

 private:
  // What is the same at every step moves out, but for what costs nothing inside: constants, and what readers broadcast
  // by themselves.
  bool MoveOut(const Node& node) {
    if (node.inputs.empty() || node.op->is_broadcast) return false;
    for (ValueId input : node.inputs) {
      if (outside_[input].absent() && !body_graph_.producer(input).inputs.empty()) return false;
      if (outside_[input].absent() && IsInput(body_graph_.producer(input))) return false;
    }
    std::vector<Value> operands;
    for (ValueId input : node.inputs) operands.push_back(Outside(input));
    const std::vector<Value> results = outer_.CopyNode(node, operands);
    for (int i = 0; i < node.num_outputs; ++i) outside_[node.first_output + i] = results[i];
    if (!node.op->is_view) Note("invariant", node, "it is the same at every step");
    changed_ = true;
    return true;
  }

  void Keep(const Node& node) {
    AttrMap attrs = *node.attrs;
    bool prepared = false;
    std::vector<Value> operands;
    for (size_t i = 0; i < node.inputs.size(); ++i) {
      Value given;
      if (const Value operand = outside_[node.inputs[i]]; node.op->prepare_invariant != nullptr && operand.ok()) {
        outer_.set_origin(node.origin);
        const Value done = node.op->prepare_invariant(static_cast<int>(i), operand, &attrs);
        outer_.set_origin(nullptr);
        if (!done.absent()) {
          given = Capture(done);
          prepared = true;
        }
      }
      operands.push_back(given.absent() ? Inside(node.inputs[i]) : given);
    }
    std::vector<Value> results;
    if (prepared) {
      body_.set_origin(node.origin);
      results = body_.Record(node.op->name, operands, std::move(attrs), SourceLocation::current(), node.num_outputs);
      body_.set_origin(nullptr);
      Note("prepared", node, "an operand that is the same at every step is prepared once");
      changed_ = true;
    } else {
      results = body_.CopyNode(node, operands);
    }
    for (int i = 0; i < node.num_outputs; ++i) inside_[node.first_output + i] = results[i];
  }

  // The value in the graph around the loop. REQUIRES: it is there, or a constant.
  Value Outside(ValueId value) {
    if (!outside_[value].absent()) return outside_[value];
    auto [it, inserted] = outside_constants_.try_emplace(value, Value());
    if (inserted) {
      const Node& node = body_graph_.producer(value);
      it->second = outer_.CopyNode(node, {})[value - node.first_output];
    }
    return it->second;
  }

  Value Inside(ValueId value) { return inside_[value].absent() ? Capture(outside_[value]) : inside_[value]; }

  Value Capture(Value outside) {
    if (!outside.ok()) return body_.Error(Internal("a value of a loop's body is neither inside nor outside"));
    auto [it, inserted] = captures_.try_emplace(outside.id(), Value());
    if (inserted) {
      it->second = body_.Input(absl::StrCat("captured_", captured_.size()), outside.type());
      captured_.push_back(outside);
    }
    return it->second;
  }

  void Note(absl::string_view rule, const Node& node, absl::string_view why) {
    Receipt receipt;
    receipt.rule = std::string(rule);
    receipt.what = NameOfNode(node);
    receipt.why = std::string(why);
    receipts_->push_back(std::move(receipt));
  }

  GraphBuilder& outer_;
  const Node& node_;
  const ScanView scan_;
  const Graph& body_graph_;
  const absl::Span<const Value> inputs_;
  std::vector<Receipt>* receipts_;
  GraphBuilder body_;
  // By value of the body as it was: around the loop, and in the new body.
  std::vector<Value> outside_, inside_;
  absl::flat_hash_map<ValueId, Value> outside_constants_;
  std::vector<Value> captured_;                   // in the order of the new body's inputs
  absl::flat_hash_map<ValueId, Value> captures_;  // outside -> inside
  bool changed_ = false;
};

absl::StatusOr<GraphPtr> Hoist(const GraphPtr& graph, const OpRegistry& registry, std::vector<Receipt>* receipts) {
  bool loops = false;
  for (const Node& node : graph->nodes()) loops = loops || IsScan(node);
  if (!loops) return graph;
  bool changed = false;
  WEFT_ASSIGN_OR_RETURN(GraphPtr result,
                        RebuildGraph(*graph, registry, [&](GraphBuilder& b, NodeId id, absl::Span<const Value> inputs) {
                          const Node& node = graph->node(id);
                          if (!IsScan(node)) return b.CopyNode(node, inputs);
                          LoopHoister hoister(b, registry, node, inputs, receipts);
                          std::vector<Value> results = hoister.Run();
                          changed = changed || hoister.changed();
                          return results;
                        }));
  return changed ? result : graph;
}

}  // namespace

Pass HoistPass() {
  return PassOverGraphs("hoist", "Computes before a loop what is the same at every step.",
                        [](const GraphPtr& graph, const OpRegistry& registry, const Target&,
                           std::vector<Receipt>* receipts) { return Hoist(graph, registry, receipts); });
}

}  // namespace weft
