#include "models/layers/masking.h"

#include <cmath>

#include "models/layers/layers_util.h"
#include "ops/elementwise/elementwise.h"
#include "ops/reduce/reduce.h"
#include "ops/shape/shape.h"

namespace weft {

MaskingLayer::MaskingLayer(MaskingOptions options) : options_(std::move(options)) { name_ = options_.name; }

void MaskingLayer::VisitConfig(ConfigVisitor& visitor) {
  VisitLayer(visitor);
  visitor.Field("mask_value", options_.mask_value);
}

absl::Status MaskingLayer::Build(WeightBuilder& weights, absl::Span<const TensorType> inputs) {
  static_cast<void>(weights);
  if (std::isnan(options_.mask_value)) return InvalidArgument("mask_value: nothing equals nan, so no step is masked");
  WEFT_RETURN_IF_ERROR(ExpectOneFloatInput(inputs));
  if (inputs[0].rank() >= 3) return absl::OkStatus();
  return InvalidArgument("expected an input [batch, time, ..., features], received ", inputs[0].ToString());
}

std::vector<Value> MaskingLayer::Call(CallContext& context, absl::Span<const Value> inputs) const {
  const Value x = inputs[0];
  // The largest of bools is their "or".
  const Value counts = ReduceMax(NotEqual(x, options_.mask_value), {.axes = {-1}, .keepdims = true});
  if (counts.ok()) context.SetMask(Squeeze(counts, {counts.rank() - 1}));
  return {Select(counts, x, 0.0)};
}

}  // namespace weft
