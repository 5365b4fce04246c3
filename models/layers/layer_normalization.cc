#include "models/layers/layer_normalization.h"

#include <algorithm>

#include "models/layers/layers_util.h"
#include "ops/norm/norm.h"
#include "ops/shape/shape.h"

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
  WEFT_RETURN_IF_ERROR(CheckEpsilon(options_.epsilon));
  WEFT_RETURN_IF_ERROR(ExpectOneFloatInput(inputs));
  WEFT_RETURN_IF_ERROR(DimsOfAxes(options_.axis, inputs[0]).status());
  std::vector<int64_t> axes = options_.axis;
  std::sort(axes.begin(), axes.end());
  Shape shape;
  for (int64_t axis : axes)
    shape.push_back(inputs[0].shape[static_cast<int>(axis < 0 ? axis + inputs[0].rank() : axis)]);
  if (options_.scale) weights.Add("gamma", shape, options_.gamma_initializer);
  if (options_.center) weights.Add("beta", shape, options_.beta_initializer);
  return absl::OkStatus();
}

std::vector<Value> LayerNormalizationLayer::Call(CallContext& context, absl::Span<const Value> inputs) const {
  const absl::StatusOr<Shape> dims = DimsOfAxes(options_.axis, inputs[0].type());
  if (!dims.ok()) return {context.builder().Error(dims.status())};
  auto weight = [&](const char* name) {
    const Value value = context.Weight(name);
    return value.ok() && value.shape() != *dims ? Reshape(value, *dims) : value;
  };
  LayerNormOptions options;
  options.axes = {options_.axis.begin(), options_.axis.end()};
  options.epsilon = options_.epsilon;
  if (options_.scale) options.scale = weight("gamma");
  if (options_.center) options.offset = weight("beta");
  return {LayerNormalize(inputs[0], options)};
}

}  // namespace weft
