#include "ops/conv/winners_fusion.h"

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/status.h"
#include "graph/passes/join_nodes.h"
#include "ops/conv/conv.h"
#include "ops/elementwise/body.h"

namespace weft {
namespace {

using AllReaders = std::vector<absl::InlinedVector<NodeId, 2>>;

// The one node that reads a value which is no result of the function; -1: there is not just one.
NodeId OnlyReader(const Graph& graph, const AllReaders& readers, ValueId value) {
  for (const Graph::Output& output : graph.outputs()) {
    if (output.value == value) return -1;
  }
  for (const Graph::Update& update : graph.updates()) {
    if (update.value == value) return -1;
  }
  const auto& all = readers[value];
  if (all.empty() || std::any_of(all.begin(), all.end(), [&](NodeId id) { return id != all[0]; })) return -1;
  return all[0];
}

// A constant +0.
bool IsZero(const Graph& body, ValueId value) {
  const Tensor* constant = ConstantOf(body.producer(value));
  return constant != nullptr && constant->num_elements() == 1 && constant->AtDouble(0) == 0 &&
         !std::signbit(constant->AtDouble(0));
}

// Relu's gradient: input 0 where input 1 is greater than 0, else 0.
bool IsReluMask(const Graph& body) {
  if (body.inputs().size() != 2 || body.outputs().size() != 1) return false;
  const Node& select = body.producer(body.outputs()[0].value);
  if (select.op->name != "select" || select.inputs[1] != body.inputs()[0] || !IsZero(body, select.inputs[2])) {
    return false;
  }
  const Node& greater = body.producer(select.inputs[0]);
  return greater.op->name == "greater" && greater.inputs[0] == body.inputs()[1] && IsZero(body, greater.inputs[1]);
}

bool IsKeptPooled(const Node& node) { return node.op->name == kConv2DMaxPoolOp && node.attrs->Bool("keep"); }

// The gradient of relu and max_pool2d behind it, by their result and input `y` alone.
bool IsMaskedGradient(const Node& node, ValueId y) {
  const std::vector<int64_t> two = {2, 2}, zero = {0, 0};
  if (node.op->name != "max_pool2d_gradient_epilogue" || node.inputs.size() != 3 || node.num_outputs != 1) return false;
  return node.inputs[0] == y && node.inputs[1] != y && node.inputs[2] == y && node.attrs->Ints("window") == two &&
         node.attrs->Ints("strides") == two && node.attrs->Ints("padding_low") == zero &&
         node.attrs->Ints("padding_high") == zero && IsReluMask(*node.attrs->Function("body"));
}

// The weights' gradients of the convolution `conv`, from `dy`, which it does not read elsewhere.
bool AreWeightGradients(const Graph& graph, const Node& node, const Node& conv, ValueId dy) {
  if (node.op->name != kConv2DWeightGradientsOp || node.inputs[0] != conv.inputs[0] || node.inputs[1] != dy) {
    return false;
  }
  if (std::count(node.inputs.begin(), node.inputs.end(), dy) != 1) return false;
  for (const char* name : {"strides", "dilations", "padding_low", "padding_high"}) {
    if (node.attrs->Ints(name) != conv.attrs->Ints(name)) return false;
  }
  return node.attrs->Get<Shape>("kernel_shape") == graph.type(conv.inputs[1]).shape;
}

struct Found {
  NodeId conv, gradient, weights;
};

std::vector<Found> FindAll(const Graph& graph) {
  std::vector<Found> found;
  AllReaders readers;
  for (NodeId id = 0; id < graph.num_nodes(); ++id) {
    const Node& conv = graph.node(id);
    if (!IsKeptPooled(conv)) continue;
    if (readers.empty()) readers = Readers(graph);
    const ValueId y = conv.first_output;
    const NodeId gradient = OnlyReader(graph, readers, y);
    if (gradient < 0 || !IsMaskedGradient(graph.node(gradient), y)) continue;
    const ValueId dy = graph.node(gradient).first_output;
    const NodeId weights = OnlyReader(graph, readers, dy);
    if (weights < 0 || !AreWeightGradients(graph, graph.node(weights), conv, dy)) continue;
    found.push_back({id, gradient, weights});
  }
  return found;
}

absl::StatusOr<GraphPtr> Fuse(const GraphPtr& graph, const OpRegistry& registry, std::vector<Receipt>* receipts) {
  const std::vector<Found> found = FindAll(*graph);
  if (found.empty()) return graph;
  // Two groups of each: the convolution alone, whose y becomes the winners; and those that read it.
  std::vector<NodeGroup> groups;
  for (const Found& f : found) {
    groups.push_back({{f.conv}, f.conv});
    groups.push_back({{f.gradient, f.weights}, f.weights});
  }
  return JoinNodes(*graph, registry, groups, [&](int i) -> absl::StatusOr<JoinedNode> {
    const Node &conv = graph->node(found[i / 2].conv), &gradient = graph->node(found[i / 2].gradient);
    const Node& weights = graph->node(found[i / 2].weights);
    JoinedNode joined;
    joined.origin = JoinedOrigin(*graph, groups[i].nodes);
    if (i % 2 == 0) {
      joined.op = kConv2DMaxPoolOp;
      joined.inputs.assign(conv.inputs.begin(), conv.inputs.end());
      joined.attrs = conv.attrs->With("keep", false).With("winners", true);
      joined.results = {conv.first_output, conv.first_output + 1};
      return joined;
    }
    joined.op = kConv2DPooledWeightGradientsOp;
    joined.inputs = {weights.inputs[0], conv.first_output, gradient.inputs[1]};
    joined.inputs.insert(joined.inputs.end(), weights.inputs.begin() + 2, weights.inputs.end());
    joined.attrs = *weights.attrs;
    for (int k = 0; k < weights.num_outputs; ++k) joined.results.push_back(weights.first_output + k);
    Receipt receipt;
    receipt.pass = "fuse";
    receipt.rule = kConv2DPooledWeightGradientsOp;
    receipt.what =
        absl::StrCat(NameAndPlace(gradient), " + ", NameAndPlace(weights), " -> ", kConv2DPooledWeightGradientsOp);
    receipt.why = "the places of the maxima are all that is needed of the convolution, which need not be stored";
    receipts->push_back(std::move(receipt));
    return joined;
  });
}

}  // namespace

std::shared_ptr<const FusionRule> ConvPoolWinnersFusion() {
  auto rule = std::make_shared<FusionRule>();
  rule->name = kConv2DPooledWeightGradientsOp;
  rule->exact = true;
  rule->run = Fuse;
  return rule;
}

}  // namespace weft
