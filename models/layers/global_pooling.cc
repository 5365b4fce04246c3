#include "models/layers/global_pooling.h"

#include <utility>

#include "models/layers/layers_util.h"
#include "models/layers/spatial.h"
#include "ops/elementwise/elementwise.h"
#include "ops/reduce/reduce.h"
#include "ops/shape/shape.h"

namespace weft {

GlobalPoolingLayer::GlobalPoolingLayer(int rank, bool max, GlobalPoolingOptions options)
    : rank_(rank), max_(max), options_(std::move(options)) {
  name_ = options_.name;
}

void GlobalPoolingLayer::VisitConfig(ConfigVisitor& visitor) {
  VisitLayer(visitor);
  visitor.MustBeOrNull("data_format", "\"channels_last\"");
  visitor.Field("keepdims", options_.keepdims);
}

absl::Status GlobalPoolingLayer::Build(WeightBuilder& weights, absl::Span<const TensorType> inputs) {
  static_cast<void>(weights);
  return ExpectSpatialFloatInput(inputs, rank_);
}

std::vector<Value> GlobalPoolingLayer::Call(CallContext& context, absl::Span<const Value> inputs) const {
  const Value x = inputs[0];
  if (!x.ok()) return {x};
  ReduceOptions over;
  over.axes = rank_ == 1 ? std::vector<int>{1} : std::vector<int>{1, 2};
  over.keepdims = options_.keepdims;
  if (max_) return {ReduceMax(x, over)};
  if (rank_ == 2 || context.mask().absent()) return {ReduceMean(x, over)};
  const Value counts = ExpandDims(context.mask(), -1);
  const Value sum = ReduceSum(Select(counts, x, 0.0), over);
  return {sum / ReduceSum(Cast(counts, x.dtype()), over)};
}

}  // namespace weft
