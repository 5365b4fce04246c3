#include "absl/strings/str_cat.h"
#include "core/status.h"
#include "graph/passes/passes.h"
#include "graph/passes/rewrite.h"
#include "graph/passes/transform.h"

namespace weft {
namespace {

constexpr int kMaxRounds = 16;

class Simplifier {
 public:
  Simplifier(const Graph& graph, bool exact_only, std::vector<Receipt>* receipts)
      : graph_(graph), exact_only_(exact_only), receipts_(receipts) {}

  bool changed() const { return changed_; }

  std::vector<Value> Visit(GraphBuilder& b, NodeId id, absl::Span<const Value> given) {
    const Node& node = graph_.node(id);
    std::vector<Value> inputs(given.begin(), given.end());
    if (node.op->elementwise.has_value()) DropBroadcasts(b, node, inputs);
    if (node.num_outputs == 1) {
      const TensorType& type = graph_.type(node.first_output);
      RewriteContext context(b, *node.op, node.attrs, inputs, type);
      for (const RewriteRule& rule : node.op->simplify) {
        if (exact_only_ && !rule.exact) continue;
        b.set_origin(node.origin);
        Value replacement = rule.apply(context);
        b.set_origin(nullptr);
        if (replacement.absent()) continue;
        if (!replacement.ok() || replacement.type() != type) {
          return {b.Error(Internal("rule '", rule.name, "' of op '", node.op->name, "' gives ",
                                   replacement.ok() ? replacement.type().ToString() : "an error", " in place of ",
                                   type.ToString()))};
        }
        Note(node, rule.name, rule.doc, rule.exact);
        return {replacement};
      }
    }
    return b.CopyNode(node, inputs);
  }

 private:
  // An elementwise op broadcasts by itself: add(x, broadcast_to(b)) -> add(x, b), as long as the result keeps its type.
  void DropBroadcasts(GraphBuilder& b, const Node& node, std::vector<Value>& inputs) {
    for (size_t i = 0; i < inputs.size(); ++i) {
      if (!inputs[i].ok()) continue;
      const Node& producer = b.producer(inputs[i]);
      if (!producer.op->is_broadcast) continue;
      std::vector<TensorType> types;
      for (const Value& input : inputs) types.push_back(input.type());
      Value source = b.value(producer.inputs[0]);
      types[i] = source.type();
      absl::StatusOr<std::vector<TensorType>> result = node.op->infer(types, *node.attrs);
      if (!result.ok() || (*result)[0] != graph_.type(node.first_output)) continue;
      inputs[i] = source;
      Note(node, "drop_broadcast", "f(x, broadcast(y)) -> f(x, y)", true);
    }
  }

  void Note(const Node& node, const std::string& rule, const std::string& doc, bool exact) {
    changed_ = true;
    Receipt receipt;
    receipt.rule = rule;
    receipt.what = NameOfNode(node);
    receipt.why = doc;
    receipt.exact = exact;
    receipts_->push_back(std::move(receipt));
  }

  const Graph& graph_;
  const bool exact_only_;
  std::vector<Receipt>* receipts_;
  bool changed_ = false;
};

absl::StatusOr<GraphPtr> SimplifyGraph(GraphPtr graph, const OpRegistry& registry, bool exact_only,
                                       std::vector<Receipt>* receipts) {
  // What a rule records is looked at in the next round; rules shrink or lower the graph, so few rounds do.
  for (int round = 0; round < kMaxRounds; ++round) {
    Simplifier simplifier(*graph, exact_only, receipts);
    WEFT_ASSIGN_OR_RETURN(
        GraphPtr next, RebuildGraph(*graph, registry, [&](GraphBuilder& b, NodeId id, absl::Span<const Value> inputs) {
          return simplifier.Visit(b, id, inputs);
        }));
    if (!simplifier.changed()) break;
    graph = std::move(next);
  }
  return graph;
}

}  // namespace

Pass SimplifyPass(bool exact_only) {
  Pass pass = PassOverGraphs(
      "simplify", "Applies the ops' peephole rules.",
      [exact_only](const GraphPtr& graph, const OpRegistry& registry, const Target&, std::vector<Receipt>* receipts) {
        return SimplifyGraph(graph, registry, exact_only, receipts);
      });
  pass.exact = exact_only;
  return pass;
}

}  // namespace weft
