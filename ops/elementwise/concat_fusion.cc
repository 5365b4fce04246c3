#include "ops/elementwise/concat_fusion.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/status.h"
#include "graph/ir/builder.h"
#include "graph/passes/join_nodes.h"
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
  std::vector<bool> taken(graph->num_nodes());  // programs
  for (NodeId id = 0; id < graph->num_nodes(); ++id) {
    if (graph->node(id).op->name != kConcatOp) continue;
    if (readers.empty()) readers = Readers(*graph);
    Join join;
    if (!IsJoin(*graph, registry, readers, id, &join) || taken[join.program]) continue;
    taken[join.program] = true;
    const Node& program = graph->node(join.program);
    Receipt receipt;
    receipt.rule = "joined_program";
    receipt.what = absl::StrCat(NameAndPlace(program), " + ", kConcatOp);
    receipt.why = "the program can write the parts to their places";
    receipts->push_back(std::move(receipt));
    joins.push_back(std::move(join));
  }
  if (joins.empty()) return graph;
  std::vector<NodeGroup> groups;
  for (const Join& join : joins) groups.push_back({{join.program, join.concat}, join.program});
  return JoinNodes(*graph, registry, groups, [&](int group) -> absl::StatusOr<JoinedNode> {
    const Join& join = joins[group];
    const Node &program = graph->node(join.program), &concat = graph->node(join.concat);
    JoinedNode joined;
    joined.op = program.op->name;
    joined.inputs.assign(program.inputs.begin(), program.inputs.end());
    WEFT_ASSIGN_OR_RETURN(GraphPtr body, JoinedBody(*graph, join, registry));
    joined.attrs =
        program.attrs->With("body", std::move(body)).With(kJoinedAttr, static_cast<int64_t>(concat.inputs.size()));
    for (int k : join.alone) joined.results.push_back(program.first_output + k);
    joined.results.push_back(concat.first_output);
    joined.origin = program.origin;
    return joined;
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
