#include "ops/dense/update_fusion.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "core/status.h"
#include "graph/ir/builder.h"
#include "graph/passes/node_pairs.h"
#include "ops/dense/dense.h"

namespace weft {
namespace {

constexpr char kReduceSumOp[] = "reduce_sum";
constexpr char kReduceEpilogueOp[] = "reduce_epilogue";

// A weight's gradient: a^T b over rows, rank 2.
bool IsWeightGradient(const Graph& graph, const Node& node) {
  if (node.op->name != kMatMulOp && node.op->name != kMatMulEpilogueOp) return false;
  return node.attrs->Bool("transpose_a") && !node.attrs->Bool("transpose_b") && node.attrs->Int("chunk") == kRowChunk &&
         graph.type(node.inputs[0]).rank() == 2 && graph.type(node.inputs[1]).rank() == 2;
}

// The sum of b's rows, of shape [n].
bool IsRowSum(const Graph& graph, const Node& node, ValueId b) {
  if (node.op->name != kReduceSumOp && node.op->name != kReduceEpilogueOp) return false;
  return node.inputs[0] == b && graph.type(b).rank() == 2 && node.attrs->Ints("axes") == std::vector<int64_t>{0} &&
         graph.type(node.first_output).rank() == 1;
}

std::string Place(const Node& node) { return node.origin == nullptr ? "" : node.origin->ToString(); }

// The body of a fused op; of a plain one, the identity.
absl::StatusOr<GraphPtr> BodyOf(const Graph& graph, const Node& node, const OpRegistry& registry) {
  const GraphPtr& body = node.attrs->Function("body");
  if (body != nullptr) return body;
  GraphBuilder builder(registry);
  builder.Output("y", builder.Input("x", {graph.type(node.first_output).dtype, Shape{}}));
  return builder.Build();
}

// Records dense_update in place of the two, whose results it puts into `values`.
absl::Status RecordUpdate(const Graph& graph, const Node& product, const Node& sum, GraphBuilder& builder,
                          std::vector<Value>& values) {
  WEFT_ASSIGN_OR_RETURN(GraphPtr body, BodyOf(graph, product, builder.registry()));
  WEFT_ASSIGN_OR_RETURN(GraphPtr sum_body, BodyOf(graph, sum, builder.registry()));
  std::vector<Value> inputs;
  for (ValueId v : product.inputs) inputs.push_back(values[v]);
  for (size_t i = 1; i < sum.inputs.size(); ++i) inputs.push_back(values[sum.inputs[i]]);
  AttrMap attrs{{"transpose_a", true},
                {"transpose_b", false},
                {"chunk", kRowChunk},
                {"body", std::move(body)},
                {"sum_body", std::move(sum_body)},
                {"num_body_extras", static_cast<int64_t>(product.inputs.size()) - 2}};
  auto origin = std::make_shared<Origin>();
  for (const Node* node : {&product, &sum}) {
    if (node->origin != nullptr) origin->from.push_back(node->origin);
  }
  builder.set_origin(std::move(origin));
  const std::vector<Value> results = builder.Record(kDenseUpdateOp, inputs, std::move(attrs), SourceLocation::current(),
                                                    product.num_outputs + sum.num_outputs);
  builder.set_origin(nullptr);
  WEFT_RETURN_IF_ERROR(builder.status());
  for (int i = 0; i < product.num_outputs; ++i) values[product.first_output + i] = results[i];
  for (int i = 0; i < sum.num_outputs; ++i) values[sum.first_output + i] = results[product.num_outputs + i];
  return absl::OkStatus();
}

absl::StatusOr<GraphPtr> Rebuild(const Graph& graph, const NodePairs& groups, const OpRegistry& registry) {
  GraphBuilder builder(registry);
  std::vector<Value> values(graph.num_values());
  std::vector<Value> inputs;
  for (NodeId id : groups.Order()) {
    const Node& node = graph.node(id);
    if (groups.second(id) >= 0) {
      const Node& other = graph.node(groups.second(id));
      const bool first_is_product = IsWeightGradient(graph, node);
      WEFT_RETURN_IF_ERROR(
          RecordUpdate(graph, first_is_product ? node : other, first_is_product ? other : node, builder, values));
      continue;
    }
    inputs.clear();
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
  NodePairs groups(*graph);
  bool changed = false;
  std::vector<absl::InlinedVector<NodeId, 2>> readers;
  for (NodeId id = 0; id < graph->num_nodes(); ++id) {
    const Node& product = graph->node(id);
    if (!IsWeightGradient(*graph, product)) continue;
    if (readers.empty()) readers = Readers(*graph);
    for (NodeId reader : readers[product.inputs[1]]) {
      const Node& sum = graph->node(reader);
      if (!IsRowSum(*graph, sum, product.inputs[1]) || groups.IsMerged(reader)) continue;
      Receipt receipt;
      receipt.pass = "fuse";
      receipt.rule = "dense_update";
      receipt.what = absl::StrCat(product.op->name, " (", Place(product), ") + ", sum.op->name, " (", Place(sum),
                                  ") -> ", kDenseUpdateOp);
      receipt.applied = !groups.Needs(reader, id) && !groups.Needs(id, reader);
      if (receipt.applied) {
        receipt.why = "both sum over the same rows, and neither needs a result of the other";
        groups.Merge(id, reader);
        changed = true;
      } else {
        receipt.why = "one of the two needs a result of the other";
      }
      receipts->push_back(std::move(receipt));
      if (groups.IsMerged(id)) break;
    }
  }
  if (!changed) return graph;
  return Rebuild(*graph, groups, registry);
}

}  // namespace

std::shared_ptr<const FusionRule> DenseUpdateFusion() {
  auto rule = std::make_shared<FusionRule>();
  rule->name = "dense_update";
  rule->exact = true;
  rule->run = Fuse;
  return rule;
}

}  // namespace weft
