#include "models/layers/layer_normalization.h"

#include "models/layers/layers_util.h"
#include "ops/norm/norm.h"

namespace weft {

LayerNormalizationLayer::LayerNormalizationLayer(LayerNormalizationOptions options) : options_(std::move(options)) {
  name_ = options_.name;
  trainable_ = options_.trainable;
}

void LayerNormalizationLayer::VisitConfig(ConfigVisitor& visitor) {
  VisitLayer(visitor);
  visitor.Field("axis", options_.axis);
  visitor.Field("epsilon", options_.epsilon);
  visitor.Field("center", options_.center);
  visitor.Field("scale", options_.scale);
  visitor.MustBe("rms_scaling", "false");  // deprecated: see RMSNormalization
  visitor.Object("beta_initializer", "initializer", options_.beta_initializer);
  visitor.Object("gamma_initializer", "initializer", options_.gamma_initializer);
  visitor.MustBeNull("beta_regularizer");
  visitor.MustBeNull("gamma_regularizer");
  visitor.MustBeNull("beta_constraint");
  visitor.MustBeNull("gamma_constraint");
}

absl::Status LayerNormalizationLayer::Build(WeightBuilder& weights, absl::Span<const TensorType> inputs) {
  WEFT_RETURN_IF_ERROR(ExpectOneFloatInput(inputs));
  WEFT_ASSIGN_OR_RETURN(const Shape shape, DimsOfAxes(options_.axis, inputs[0]));
  if (options_.scale) weights.Add("gamma", shape, options_.gamma_initializer);
  if (options_.center) weights.Add("beta", shape, options_.beta_initializer);
  return absl::OkStatus();
}

std::vector<Value> LayerNormalizationLayer::Call(CallContext& context, absl::Span<const Value> inputs) const {
  LayerNormOptions options;
  options.axes = {options_.axis.begin(), options_.axis.end()};
  options.epsilon = options_.epsilon;
  if (options_.scale) options.scale = context.Weight("gamma");
  if (options_.center) options.offset = context.Weight("beta");
  return {LayerNormalize(inputs[0], options)};
}

}  // namespace weft
