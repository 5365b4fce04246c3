#include "ops/conv/gradient_fusion.h"

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/status.h"
#include "graph/ir/builder.h"
#include "graph/passes/node_pairs.h"
#include "ops/conv/conv.h"

namespace weft {
namespace {

bool IsKernelGradient(const Node& node) { return node.op->name == kConv2DKernelGradientOp; }

// The sum of dy over all positions, of shape [o].
bool IsPositionSum(const Graph& graph, const Node& node, ValueId dy) {
  if (node.op->name != "reduce_sum" && node.op->name != "reduce_epilogue") return false;
  return node.inputs[0] == dy && node.attrs->Ints("axes") == std::vector<int64_t>{0, 1, 2} &&
         graph.type(node.first_output).rank() == 1;
}

// The body of reduce_epilogue; of reduce_sum, the identity.
absl::StatusOr<GraphPtr> BodyOf(const Graph& graph, const Node& node, const OpRegistry& registry) {
  const GraphPtr& body = node.attrs->Function("body");
  if (body != nullptr) return body;
  GraphBuilder builder(registry);
  builder.Output("y", builder.Input("x", {graph.type(node.first_output).dtype, Shape{}}));
  return builder.Build();
}

std::string Place(const Node& node) { return node.origin == nullptr ? "" : node.origin->ToString(); }

// Records conv2d_weight_gradients in place of the two, whose results it puts into `values`.
absl::Status RecordBoth(const Graph& graph, const Node& gradient, const Node& sum, GraphBuilder& builder,
                        std::vector<Value>& values) {
  WEFT_ASSIGN_OR_RETURN(GraphPtr sum_body, BodyOf(graph, sum, builder.registry()));
  std::vector<Value> inputs;
  for (ValueId v : gradient.inputs) inputs.push_back(values[v]);
  for (size_t i = 1; i < sum.inputs.size(); ++i) inputs.push_back(values[sum.inputs[i]]);
  auto origin = std::make_shared<Origin>();
  for (const Node* node : {&gradient, &sum}) {
    if (node->origin != nullptr) origin->from.push_back(node->origin);
  }
  builder.set_origin(std::move(origin));
  const std::vector<Value> results =
      builder.Record(kConv2DWeightGradientsOp, inputs, gradient.attrs->With("sum_body", std::move(sum_body)),
                     SourceLocation::current(), 1 + sum.num_outputs);
  builder.set_origin(nullptr);
  WEFT_RETURN_IF_ERROR(builder.status());
  values[gradient.first_output] = results[0];
  for (int i = 0; i < sum.num_outputs; ++i) values[sum.first_output + i] = results[1 + i];
  return absl::OkStatus();
}

absl::StatusOr<GraphPtr> Rebuild(const Graph& graph, const NodePairs& pairs, const OpRegistry& registry) {
  GraphBuilder builder(registry);
  std::vector<Value> values(graph.num_values());
  for (NodeId id : pairs.Order()) {
    const Node& node = graph.node(id);
    if (pairs.second(id) >= 0) {
      const Node& other = graph.node(pairs.second(id));
      const bool first = IsKernelGradient(node);
      WEFT_RETURN_IF_ERROR(RecordBoth(graph, first ? node : other, first ? other : node, builder, values));
      continue;
    }
    std::vector<Value> inputs;
    for (ValueId v : node.inputs) inputs.push_back(values[v]);
    const std::vector<Value> results = builder.CopyNode(node, inputs);
    WEFT_RETURN_IF_ERROR(builder.status());
    for (int i = 0; i < node.num_outputs; ++i) values[node.first_output + i] = results[i];
  }
  for (const Graph::Output& output : graph.outputs()) builder.Output(output.name, values[output.value]);
  for (const Graph::Update& update : graph.updates()) builder.Update(update.variable, values[update.value]);
  return builder.Build();
}

absl::StatusOr<GraphPtr> Fuse(const GraphPtr& graph, const OpRegistry& registry, std::vector<Receipt>* receipts) {
  NodePairs pairs(*graph);
  bool changed = false;
  std::vector<absl::InlinedVector<NodeId, 2>> readers;
  for (NodeId id = 0; id < graph->num_nodes(); ++id) {
    const Node& gradient = graph->node(id);
    if (!IsKernelGradient(gradient)) continue;
    if (readers.empty()) readers = Readers(*graph);
    for (NodeId reader : readers[gradient.inputs[1]]) {
      const Node& sum = graph->node(reader);
      if (!IsPositionSum(*graph, sum, gradient.inputs[1]) || pairs.IsMerged(reader)) continue;
      Receipt receipt;
      receipt.pass = "fuse";
      receipt.rule = kConv2DWeightGradientsOp;
      receipt.what = absl::StrCat(gradient.op->name, " (", Place(gradient), ") + ", sum.op->name, " (", Place(sum),
                                  ") -> ", kConv2DWeightGradientsOp);
      receipt.applied = !pairs.Needs(reader, id) && !pairs.Needs(id, reader);
      if (receipt.applied) {
        receipt.why = "both sum over the same positions, and neither needs a result of the other";
        pairs.Merge(id, reader);
        changed = true;
      } else {
        receipt.why = "one of the two needs a result of the other";
      }
      receipts->push_back(std::move(receipt));
      if (pairs.IsMerged(id)) break;
    }
  }
  if (!changed) return graph;
  return Rebuild(*graph, pairs, registry);
}

}  // namespace

std::shared_ptr<const FusionRule> ConvWeightGradientsFusion() {
  auto rule = std::make_shared<FusionRule>();
  rule->name = kConv2DWeightGradientsOp;
  rule->exact = true;
  rule->run = Fuse;
  return rule;
}

}  // namespace weft
