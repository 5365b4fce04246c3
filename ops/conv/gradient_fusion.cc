#include "ops/conv/gradient_fusion.h"

#include <vector>

#include "core/status.h"
#include "graph/passes/fuse_pairs.h"
#include "graph/passes/join_nodes.h"
#include "ops/conv/conv.h"

namespace weft {
namespace {

bool IsKernelGradient(const Graph&, const Node& node) { return node.op->name == kConv2DKernelGradientOp; }

// A sum over all positions, of shape [o].
bool IsPositionSum(const Graph& graph, const Node& node) {
  if (node.op->name != "reduce_sum" && node.op->name != "reduce_epilogue") return false;
  return node.attrs->Ints("axes") == std::vector<int64_t>{0, 1, 2} && graph.type(node.first_output).rank() == 1;
}

absl::StatusOr<AttrMap> Attrs(const Graph& graph, const Node& gradient, const Node& sum, const OpRegistry& registry) {
  WEFT_ASSIGN_OR_RETURN(GraphPtr sum_body, BodyOrIdentity(graph, sum, registry));
  return gradient.attrs->With("sum_body", std::move(sum_body));
}

}  // namespace

std::shared_ptr<const FusionRule> ConvWeightGradientsFusion() {
  return PairFusionRule({.op = kConv2DWeightGradientsOp,
                         .why = "both sum over the same positions, and neither needs a result of the other",
                         .is_first = IsKernelGradient,
                         .is_second = IsPositionSum,
                         .attrs = Attrs});
}

}  // namespace weft
