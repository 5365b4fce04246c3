#include "ops/conv/pool_fusion.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/status.h"
#include "graph/ir/builder.h"
#include "ops/conv/conv.h"

namespace weft {
namespace {

// max_pool2d with windows side by side, 2 x 2.
bool IsPlainMaxPool(const Node& node) {
  const std::vector<int64_t> two = {2, 2}, zero = {0, 0};
  return node.op->name == "max_pool2d" && node.attrs->Ints("window") == two && node.attrs->Ints("strides") == two &&
         node.attrs->Ints("padding_low") == zero && node.attrs->Ints("padding_high") == zero;
}

bool IsPoolable(const Graph& graph, const Node& node) {
  if (node.op->name != kConv2DOp && node.op->name != kConv2DEpilogueOp) return false;
  if (node.num_outputs != 1 || node.attrs->Int("groups") != 1) return false;
  if (graph.type(node.first_output).dtype != DType::kFloat32) return false;
  if (graph.type(node.inputs[0]).dtype != DType::kFloat32) return false;
  for (size_t i = 2; i < node.inputs.size(); ++i) {
    const Shape& shape = graph.type(node.inputs[i]).shape;
    for (int axis = 0; axis + 1 < shape.rank(); ++axis) {
      if (shape[axis] != Dim(1)) return false;
    }
  }
  return true;
}

// The body of an op with an epilogue; of a plain one, the identity.
absl::StatusOr<GraphPtr> BodyOf(const Graph& graph, const Node& node, const OpRegistry& registry) {
  const GraphPtr& body = node.attrs->Function("body");
  if (body != nullptr) return body;
  GraphBuilder builder(registry);
  builder.Output("y", builder.Input("x", {graph.type(node.first_output).dtype, Shape{}}));
  return builder.Build();
}

std::string Place(const Node& node) { return node.origin == nullptr ? "" : node.origin->ToString(); }

absl::Status RecordPooled(const Graph& graph, const Node& conv, const Node& pool, bool keep, GraphBuilder& builder,
                          std::vector<Value>& values) {
  WEFT_ASSIGN_OR_RETURN(GraphPtr body, BodyOf(graph, conv, builder.registry()));
  std::vector<Value> inputs;
  for (ValueId v : conv.inputs) inputs.push_back(values[v]);
  auto origin = std::make_shared<Origin>();
  for (const Node* node : {&conv, &pool}) {
    if (node->origin != nullptr) origin->from.push_back(node->origin);
  }
  builder.set_origin(std::move(origin));
  const std::vector<Value> results =
      builder.Record(kConv2DMaxPoolOp, inputs, conv.attrs->With("body", std::move(body)).With("keep", keep),
                     SourceLocation::current(), keep ? 2 : 1);
  builder.set_origin(nullptr);
  WEFT_RETURN_IF_ERROR(builder.status());
  if (keep) values[conv.first_output] = results[0];
  values[pool.first_output] = results.back();
  return absl::OkStatus();
}

absl::StatusOr<GraphPtr> Fuse(const GraphPtr& graph, const OpRegistry& registry, std::vector<Receipt>* receipts) {
  std::vector<absl::InlinedVector<NodeId, 2>> readers;
  std::vector<NodeId> partner(graph->num_nodes(), -1);  // of a convolution: the pooling; of a pooling: the convolution
  for (NodeId id = 0; id < graph->num_nodes(); ++id) {
    const Node& pool = graph->node(id);
    if (!IsPlainMaxPool(pool)) continue;
    const NodeId from = graph->value(pool.inputs[0]).node;
    if (partner[from] >= 0 || !IsPoolable(*graph, graph->node(from))) continue;
    partner[from] = id;
    partner[id] = from;
  }
  if (std::all_of(partner.begin(), partner.end(), [](NodeId id) { return id < 0; })) return graph;
  readers = Readers(*graph);
  GraphBuilder builder(registry);
  std::vector<Value> values(graph->num_values());
  for (NodeId id = 0; id < graph->num_nodes(); ++id) {
    const Node& node = graph->node(id);
    if (partner[id] >= 0 && partner[id] < id) continue;  // a pooling, which came with its convolution
    if (partner[id] >= 0) {
      const Node& pool = graph->node(partner[id]);
      const ValueId y = node.first_output;
      bool keep = readers[y].size() > 1;
      for (const Graph::Output& output : graph->outputs()) keep = keep || output.value == y;
      for (const Graph::Update& update : graph->updates()) keep = keep || update.value == y;
      WEFT_RETURN_IF_ERROR(RecordPooled(*graph, node, pool, keep, builder, values));
      Receipt receipt;
      receipt.pass = "fuse";
      receipt.rule = kConv2DMaxPoolOp;
      receipt.what = absl::StrCat(node.op->name, " (", Place(node), ") + ", pool.op->name, " (", Place(pool), ") -> ",
                                  kConv2DMaxPoolOp);
      receipt.why = keep ? "the pooling reads what was just computed"
                         : "the pooling alone reads the convolution, which need not be stored";
      receipts->push_back(std::move(receipt));
      continue;
    }
    std::vector<Value> inputs;
    for (ValueId v : node.inputs) inputs.push_back(values[v]);
    const std::vector<Value> results = builder.CopyNode(node, inputs);
    WEFT_RETURN_IF_ERROR(builder.status());
    for (int i = 0; i < node.num_outputs; ++i) values[node.first_output + i] = results[i];
  }
  for (const Graph::Output& output : graph->outputs()) builder.Output(output.name, values[output.value]);
  for (const Graph::Update& update : graph->updates()) builder.Update(update.variable, values[update.value]);
  return builder.Build();
}

}  // namespace

std::shared_ptr<const FusionRule> ConvMaxPoolFusion() {
  auto rule = std::make_shared<FusionRule>();
  rule->name = kConv2DMaxPoolOp;
  rule->exact = true;
  rule->run = Fuse;
  return rule;
}

}  // namespace weft
