#include "models/layers/rescaling.h"

#include "models/layers/layers_util.h"
#include "ops/elementwise/elementwise.h"

namespace weft {

RescalingLayer::RescalingLayer(RescalingOptions options) : options_(std::move(options)) { name_ = options_.name; }

void RescalingLayer::VisitConfig(ConfigVisitor& visitor) {
  VisitLayer(visitor);
  visitor.Field("scale", options_.scale);
  visitor.Field("offset", options_.offset);
}

absl::Status RescalingLayer::Build(WeightBuilder& weights, absl::Span<const TensorType> inputs) {
  static_cast<void>(weights);
  return ExpectOneInput(inputs);
}

std::vector<Value> RescalingLayer::Call(CallContext& context, absl::Span<const Value> inputs) const {
  static_cast<void>(context);
  Value y = inputs[0];
  if (y.dtype() != DType::kFloat32) y = Cast(y, DType::kFloat32);
  y = y * options_.scale;
  if (options_.offset != 0) y = y + options_.offset;
  return {y};
}

}  // namespace weft
