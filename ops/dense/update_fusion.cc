#include "ops/dense/update_fusion.h"

#include <utility>
#include <vector>

#include "core/status.h"
#include "graph/passes/fuse_pairs.h"
#include "graph/passes/join_nodes.h"
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

// The sum of a matrix' rows, of shape [n].
bool IsRowSum(const Graph& graph, const Node& node) {
  if (node.op->name != kReduceSumOp && node.op->name != kReduceEpilogueOp) return false;
  return graph.type(node.inputs[0]).rank() == 2 && node.attrs->Ints("axes") == std::vector<int64_t>{0} &&
         graph.type(node.first_output).rank() == 1;
}

absl::StatusOr<AttrMap> Attrs(const Graph& graph, const Node& product, const Node& sum, const OpRegistry& registry) {
  WEFT_ASSIGN_OR_RETURN(GraphPtr body, BodyOrIdentity(graph, product, registry));
  WEFT_ASSIGN_OR_RETURN(GraphPtr sum_body, BodyOrIdentity(graph, sum, registry));
  return AttrMap{{"transpose_a", true},
                 {"transpose_b", false},
                 {"chunk", kRowChunk},
                 {"body", std::move(body)},
                 {"sum_body", std::move(sum_body)},
                 {"num_body_extras", static_cast<int64_t>(product.inputs.size()) - 2}};
}

}  // namespace

std::shared_ptr<const FusionRule> DenseUpdateFusion() {
  return PairFusionRule({.op = kDenseUpdateOp,
                         .why = "both sum over the same rows, and neither needs a result of the other",
                         .is_first = IsWeightGradient,
                         .is_second = IsRowSum,
                         .attrs = Attrs});
}

}  // namespace weft
