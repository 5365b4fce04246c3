#include "models/layers/rms_normalization.h"

#include "models/layers/layers_util.h"
#include "ops/norm/norm.h"

namespace weft {

RMSNormalizationLayer::RMSNormalizationLayer(RMSNormalizationOptions options) : options_(std::move(options)) {
  name_ = options_.name;
  trainable_ = options_.trainable;
}

void RMSNormalizationLayer::VisitConfig(ConfigVisitor& visitor) {
  VisitLayer(visitor);
  visitor.Field("axis", options_.axis);
  visitor.Field("epsilon", options_.epsilon);
}

absl::Status RMSNormalizationLayer::Build(WeightBuilder& weights, absl::Span<const TensorType> inputs) {
  WEFT_RETURN_IF_ERROR(CheckEpsilon(options_.epsilon));
  WEFT_RETURN_IF_ERROR(ExpectOneFloatInput(inputs));
  WEFT_ASSIGN_OR_RETURN(const Shape shape, DimsOfAxes(options_.axis, inputs[0]));
  weights.Add("scale", shape, "ones");
  return absl::OkStatus();
}

std::vector<Value> RMSNormalizationLayer::Call(CallContext& context, absl::Span<const Value> inputs) const {
  RmsNormOptions options;
  options.axes = {options_.axis.begin(), options_.axis.end()};
  options.epsilon = options_.epsilon;
  options.scale = context.Weight("scale");
  return {RmsNormalize(inputs[0], options)};
}

}  // namespace weft
