#include "ops/conv/pool_fusion.h"

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/status.h"
#include "graph/passes/join_nodes.h"
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

// A convolution and the pooling that reads it.
struct Pooled {
  NodeId conv, pool;
};

// In the order of the convolutions; of several poolings of one, the first.
std::vector<Pooled> FindPooled(const Graph& graph) {
  std::vector<NodeId> pool_of(graph.num_nodes(), -1);
  for (NodeId id = 0; id < graph.num_nodes(); ++id) {
    const Node& pool = graph.node(id);
    if (!IsPlainMaxPool(pool)) continue;
    const NodeId from = graph.value(pool.inputs[0]).node;
    if (pool_of[from] < 0 && IsPoolable(graph, graph.node(from))) pool_of[from] = id;
  }
  std::vector<Pooled> found;
  for (NodeId id = 0; id < graph.num_nodes(); ++id) {
    if (pool_of[id] >= 0) found.push_back({id, pool_of[id]});
  }
  return found;
}

// Whether the convolution's own result is read besides.
bool IsKept(const Graph& graph, ValueId y, const std::vector<absl::InlinedVector<NodeId, 2>>& readers) {
  bool keep = readers[y].size() > 1;
  for (const Graph::Output& output : graph.outputs()) keep = keep || output.value == y;
  for (const Graph::Update& update : graph.updates()) keep = keep || update.value == y;
  return keep;
}

absl::StatusOr<GraphPtr> Fuse(const GraphPtr& graph, const OpRegistry& registry, std::vector<Receipt>* receipts) {
  const std::vector<Pooled> found = FindPooled(*graph);
  if (found.empty()) return graph;
  const auto readers = Readers(*graph);
  std::vector<NodeGroup> groups;
  for (const auto& [conv, pool] : found) groups.push_back({{conv, pool}, conv});
  return JoinNodes(*graph, registry, groups, [&](int i) -> absl::StatusOr<JoinedNode> {
    const Node &conv = graph->node(found[i].conv), &pool = graph->node(found[i].pool);
    const bool keep = IsKept(*graph, conv.first_output, readers);
    WEFT_ASSIGN_OR_RETURN(GraphPtr body, BodyOrIdentity(*graph, conv, registry));
    JoinedNode joined;
    joined.op = kConv2DMaxPoolOp;
    joined.inputs.assign(conv.inputs.begin(), conv.inputs.end());
    joined.attrs = conv.attrs->With("body", std::move(body)).With("keep", keep);
    if (keep) joined.results.push_back(conv.first_output);
    joined.results.push_back(pool.first_output);
    joined.origin = JoinedOrigin(*graph, groups[i].nodes);
    Receipt receipt;
    receipt.pass = "fuse";
    receipt.rule = kConv2DMaxPoolOp;
    receipt.what = absl::StrCat(NameAndPlace(conv), " + ", NameAndPlace(pool), " -> ", kConv2DMaxPoolOp);
    receipt.why = keep ? "the pooling reads what was just computed"
                       : "the pooling alone reads the convolution, which need not be stored";
    receipts->push_back(std::move(receipt));
    return joined;
  });
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
