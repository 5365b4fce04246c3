#include "graph/passes/narrow_loop.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "core/status.h"
#include "graph/ir/scan.h"

namespace weft {
namespace {

struct KeptResults {
  std::vector<int> results;   // of the loop as it was, ascending; all carries are among them
  std::vector<int> kept_for;  // per result: its number among the kept ones; -1: nobody reads it
  int unread = 0, equal = 0;
};

KeptResults ChooseResults(const ScanView& scan, absl::Span<const char> is_read) {
  KeptResults kept;
  const absl::Span<const Graph::Output> outputs = scan.body->outputs();
  for (int k = 0; k < static_cast<int>(outputs.size()); ++k) {
    int same = -1;
    if (k >= scan.num_carries) {
      if (!is_read[k]) {
        ++kept.unread;
        kept.kept_for.push_back(-1);
        continue;
      }
      for (size_t i = static_cast<size_t>(scan.num_carries); i < kept.results.size() && same < 0; ++i) {
        if (outputs[kept.results[i]].value == outputs[k].value) same = static_cast<int>(i);
      }
    }
    if (same >= 0) {
      ++kept.equal;
    } else {
      same = static_cast<int>(kept.results.size());
      kept.results.push_back(k);
    }
    kept.kept_for.push_back(same);
  }
  return kept;
}

// Which values of the body the kept results need.
std::vector<char> LiveValues(const Graph& body, const KeptResults& kept) {
  std::vector<char> live_node(body.num_nodes()), live(body.num_values());
  for (int k : kept.results) live_node[body.value(body.outputs()[k].value).node] = true;
  for (NodeId id = body.num_nodes() - 1; id >= 0; --id) {
    if (!live_node[id]) continue;
    const Node& node = body.node(id);
    for (int i = 0; i < node.num_outputs; ++i) live[node.first_output + i] = true;
    for (ValueId input : node.inputs) live_node[body.value(input).node] = true;
  }
  return live;
}

Receipt Note(const Node& node, const KeptResults& kept, int operands) {
  Receipt receipt;
  receipt.rule = "narrow_loop";
  const std::string origin = node.origin == nullptr ? "" : node.origin->ToString();
  receipt.what =
      absl::StrCat(node.op->name, origin.empty() ? "" : absl::StrCat(" of ", origin), ": ", kept.unread,
                   " stacked results that nobody reads, ", kept.equal, " that it has twice, ", operands, " operands");
  receipt.why = "a stacked result is stored at every step";
  return receipt;
}

}  // namespace

std::vector<Value> NarrowLoop(GraphBuilder& builder, const OpRegistry& registry, const Node& node,
                              absl::Span<const Value> inputs, absl::Span<const char> is_read,
                              std::vector<Receipt>* receipts) {
  const ScanView scan(node);
  const Graph& old = *scan.body;
  const KeptResults kept = ChooseResults(scan, is_read);
  const std::vector<char> live = LiveValues(old, kept);

  GraphBuilder body(registry);
  std::vector<Value> values(old.num_values()), operands;
  int num_stacked = 0;
  for (int i = 0; i < static_cast<int>(inputs.size()); ++i) {
    const ValueId value = old.inputs()[i];
    if (i >= scan.num_carries && !live[value]) continue;
    if (i >= scan.num_carries && i < scan.num_carries + scan.num_stacked) ++num_stacked;
    values[value] = body.Input(old.input_name(i), old.type(value));
    operands.push_back(inputs[i]);
  }
  const int dropped = static_cast<int>(inputs.size() - operands.size());
  if (kept.results.empty() || (kept.unread == 0 && kept.equal == 0 && dropped == 0)) return {};
  for (const Node& inner : old.nodes()) {
    if (IsInput(inner) || !live[inner.first_output]) continue;
    std::vector<Value> given;
    for (ValueId input : inner.inputs) given.push_back(values[input]);
    const std::vector<Value> results = body.CopyNode(inner, given);
    for (int i = 0; i < inner.num_outputs; ++i) values[inner.first_output + i] = results[i];
  }
  for (int k : kept.results) body.Output(old.outputs()[k].name, values[old.outputs()[k].value]);
  absl::StatusOr<GraphPtr> built = body.Build();
  if (!built.ok()) {
    return std::vector<Value>(node.num_outputs, builder.Error(Annotate(built.status(), "the body of a loop")));
  }
  builder.set_origin(node.origin);
  const std::vector<Value> recorded = builder.Record(
      node.op->name, operands, node.attrs->With("body", *built).With("num_stacked", static_cast<int64_t>(num_stacked)),
      SourceLocation::current(), static_cast<int>(kept.results.size()));
  builder.set_origin(nullptr);
  receipts->push_back(Note(node, kept, dropped));
  std::vector<Value> results;
  for (int k : kept.kept_for) results.push_back(k < 0 ? Value() : recorded[k]);
  return results;
}

}  // namespace weft
