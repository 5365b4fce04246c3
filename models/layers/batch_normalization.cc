#include "models/layers/batch_normalization.h"

#include "models/layers/layers_util.h"
#include "ops/elementwise/elementwise.h"
#include "ops/norm/norm.h"

namespace weft {

BatchNormalizationLayer::BatchNormalizationLayer(BatchNormalizationOptions options) : options_(std::move(options)) {
  name_ = options_.name;
  trainable_ = options_.trainable;
}

void BatchNormalizationLayer::VisitConfig(ConfigVisitor& visitor) {
  VisitLayer(visitor);
  visitor.Field("axis", options_.axis);
  visitor.Field("momentum", options_.momentum);
  visitor.Field("epsilon", options_.epsilon);
  visitor.Field("center", options_.center);
  visitor.Field("scale", options_.scale);
  visitor.Object("beta_initializer", "initializer", options_.beta_initializer);
  visitor.Object("gamma_initializer", "initializer", options_.gamma_initializer);
  visitor.Object("moving_mean_initializer", "initializer", options_.moving_mean_initializer);
  visitor.Object("moving_variance_initializer", "initializer", options_.moving_variance_initializer);
  visitor.MustBeNull("beta_regularizer");
  visitor.MustBeNull("gamma_regularizer");
  visitor.MustBeNull("beta_constraint");
  visitor.MustBeNull("gamma_constraint");
  visitor.MustBe("synchronized", "false");
  visitor.MustBe("renorm", "false");
  visitor.MustBeNull("renorm_clipping");
  visitor.Ignore("renorm_momentum");  // without renorm it has no effect
}

absl::Status BatchNormalizationLayer::Build(WeightBuilder& weights, absl::Span<const TensorType> inputs) {
  WEFT_RETURN_IF_ERROR(CheckEpsilon(options_.epsilon));
  if (!(options_.momentum >= 0 && options_.momentum <= 1)) {
    return InvalidArgument("momentum must lie in [0, 1], received ", options_.momentum);
  }
  WEFT_RETURN_IF_ERROR(ExpectOneFloatInput(inputs));
  if (inputs[0].rank() < 2) {
    return InvalidArgument("expected an input [batch, ..., features], received ", inputs[0].ToString());
  }
  WEFT_ASSIGN_OR_RETURN(const Shape features, DimsOfAxes({options_.axis}, inputs[0]));
  const WeightBuilder::Options statistic = {.trainable = false, .kind = kStatisticsKind};
  if (options_.scale) weights.Add("gamma", features, options_.gamma_initializer);
  if (options_.center) weights.Add("beta", features, options_.beta_initializer);
  weights.Add("moving_mean", features, options_.moving_mean_initializer, statistic);
  weights.Add("moving_variance", features, options_.moving_variance_initializer, statistic);
  return absl::OkStatus();
}

std::vector<Value> BatchNormalizationLayer::Call(CallContext& context, absl::Span<const Value> inputs) const {
  BatchNormOptions options;
  options.axis = static_cast<int>(options_.axis);
  options.epsilon = options_.epsilon;
  if (options_.scale) options.scale = context.Weight("gamma");
  if (options_.center) options.offset = context.Weight("beta");
  const Value mean = context.Weight("moving_mean"), variance = context.Weight("moving_variance");
  if (!context.training() || !trainable() || context.frozen())
    return {NormalizeWith(inputs[0], mean, variance, options)};
  options.mask = context.mask();
  const BatchNormResult result = BatchNormalize(inputs[0], options);
  const double momentum = options_.momentum;
  context.Update("moving_mean", mean * momentum + result.mean * (1 - momentum));
  context.Update("moving_variance", variance * momentum + result.variance * (1 - momentum));
  return {result.y};
}

}  // namespace weft
