#include "ops/elementwise/concat_fusion.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/status.h"
#include "graph/passes/transform.h"
#include "ops/elementwise/infer.h"

namespace weft {
namespace {

constexpr char kConcatOp[] = "concat";

// A concat, and which of its program's outputs stay results of their own.
struct Join {
  NodeId program = -1, concat = -1;
  std::vector<int> alone;
};

bool IsOutput(const Graph& graph, ValueId value) {
  const auto is_it = [&](const auto& output) { return output.value == value; };
  return std::any_of(graph.outputs().begin(), graph.outputs().end(), is_it) ||
         std::any_of(graph.updates().begin(), graph.updates().end(), is_it);
}

bool IsJoin(const Graph& graph, const OpRegistry& registry, const std::vector<absl::InlinedVector<NodeId, 2>>& readers,
            NodeId concat, Join* join) {
  const Node& node = graph.node(concat);
  if (node.op->name != kConcatOp || node.inputs.size() < 2) return false;
  const TensorType& first = graph.type(node.inputs[0]);
  if (node.attrs->Int("axis") != first.rank() - 1 || first.layout != Layout::kRowMajor) return false;
  join->concat = concat;
  join->program = graph.value(node.inputs[0]).node;
  const Node& program = graph.node(join->program);
  if (program.op != registry.roles().elementwise_program || JoinedOutputs(*program.attrs) > 0) return false;
  for (ValueId input : node.inputs) {
    if (graph.value(input).node != join->program || graph.type(input) != first) return false;
  }
  join->alone.clear();
  for (int k = 0; k < program.num_outputs; ++k) {
    const ValueId value = program.first_output + k;
    bool alone = IsOutput(graph, value);
    for (NodeId reader : readers[value]) alone = alone || reader != concat;
    if (alone) join->alone.push_back(k);
  }
  return true;
}

// The program's body with the outputs that stay, then those that are joined.
absl::StatusOr<GraphPtr> JoinedBody(const Graph& graph, const Join& join, const OpRegistry& registry) {
  const Node& program = graph.node(join.program);
  const Graph& old = *program.attrs->Function("body");
  GraphBuilder body(registry);
  std::vector<Value> values(old.num_values());
  for (size_t i = 0; i < old.inputs().size(); ++i) {
    const ValueId value = old.inputs()[i];
    values[value] = body.Input(old.input_name(static_cast<int>(i)), old.type(value));
  }
  for (const Node& node : old.nodes()) {
    if (IsInput(node)) continue;
    std::vector<Value> inputs;
    for (ValueId input : node.inputs) inputs.push_back(values[input]);
    values[node.first_output] = body.CopyNode(node, inputs)[0];
  }
  int next = 0;
  const auto output = [&](int k) { body.Output(absl::StrCat("y", next++), values[old.outputs()[k].value]); };
  for (int k : join.alone) output(k);
  for (ValueId input : graph.node(join.concat).inputs) output(graph.value(input).index);
  return body.Build();
}

absl::StatusOr<GraphPtr> Fuse(const GraphPtr& graph, const OpRegistry& registry, std::vector<Receipt>* receipts) {
  std::vector<absl::InlinedVector<NodeId, 2>> readers;
  std::vector<Join> joins;
  std::vector<int> join_of(graph->num_nodes(), -1);  // of programs and concats
  for (NodeId id = 0; id < graph->num_nodes(); ++id) {
    if (graph->node(id).op->name != kConcatOp) continue;
    if (readers.empty()) readers = Readers(*graph);
    Join join;
    if (!IsJoin(*graph, registry, readers, id, &join) || join_of[join.program] >= 0) continue;
    join_of[join.program] = join_of[id] = static_cast<int>(joins.size());
    const Node& program = graph->node(join.program);
    Receipt receipt;
    receipt.rule = "joined_program";
    receipt.what = absl::StrCat(program.op->name, " + ", kConcatOp,
                                program.origin == nullptr ? "" : absl::StrCat(" (", program.origin->ToString(), ")"));
    receipt.why = "the program can write the parts to their places";
    receipts->push_back(std::move(receipt));
    joins.push_back(std::move(join));
  }
  if (joins.empty()) return graph;
  std::vector<Value> joined(joins.size());
  return RebuildGraph(
      *graph, registry, [&](GraphBuilder& builder, NodeId id, absl::Span<const Value> inputs) -> std::vector<Value> {
        const Node& node = graph->node(id);
        if (join_of[id] < 0) return builder.CopyNode(node, inputs);
        const Join& join = joins[join_of[id]];
        if (id == join.concat) return {joined[join_of[id]]};
        absl::StatusOr<GraphPtr> body = JoinedBody(*graph, join, registry);
        if (!body.ok()) return std::vector<Value>(node.num_outputs, builder.Error(body.status()));
        const auto parts = static_cast<int64_t>(graph->node(join.concat).inputs.size());
        builder.set_origin(node.origin);
        const std::vector<Value> recorded =
            builder.Record(node.op->name, inputs, node.attrs->With("body", *std::move(body)).With(kJoinedAttr, parts),
                           SourceLocation::current(), static_cast<int>(join.alone.size()) + 1);
        builder.set_origin(nullptr);
        joined[join_of[id]] = recorded.back();
        std::vector<Value> results(node.num_outputs);
        for (size_t i = 0; i < join.alone.size(); ++i) results[join.alone[i]] = recorded[i];
        return results;
      });
}

}  // namespace

std::shared_ptr<const FusionRule> ConcatFusion() {
  auto rule = std::make_shared<FusionRule>();
  rule->name = "joined_program";
  rule->exact = true;
  rule->run = Fuse;
  return rule;
}

}  // namespace weft
