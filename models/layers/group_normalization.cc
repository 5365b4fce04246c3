#include "models/layers/group_normalization.h"

#include "models/layers/layers_util.h"
#include "ops/norm/norm.h"

namespace weft {

GroupNormalizationLayer::GroupNormalizationLayer(GroupNormalizationOptions options) : options_(std::move(options)) {
  name_ = options_.name;
  trainable_ = options_.trainable;
}

void GroupNormalizationLayer::VisitConfig(ConfigVisitor& visitor) {
  VisitLayer(visitor);
  visitor.Field("groups", options_.groups);
  visitor.Field("axis", options_.axis);
  visitor.Field("epsilon", options_.epsilon);
  visitor.Field("center", options_.center);
  visitor.Field("scale", options_.scale);
  visitor.Object("beta_initializer", "initializer", options_.beta_initializer);
  visitor.Object("gamma_initializer", "initializer", options_.gamma_initializer);
  visitor.MustBeNull("beta_regularizer");
  visitor.MustBeNull("gamma_regularizer");
  visitor.MustBeNull("beta_constraint");
  visitor.MustBeNull("gamma_constraint");
}

absl::Status GroupNormalizationLayer::Build(WeightBuilder& weights, absl::Span<const TensorType> inputs) {
  WEFT_RETURN_IF_ERROR(CheckEpsilon(options_.epsilon));
  WEFT_RETURN_IF_ERROR(ExpectOneFloatInput(inputs));
  WEFT_ASSIGN_OR_RETURN(const Shape channels, DimsOfAxes({options_.axis}, inputs[0]));
  const int64_t n = channels[0].value(), groups = options_.groups == -1 ? n : options_.groups;
  if (groups < 1 || n % groups != 0) {
    return InvalidArgument("groups must divide the ", n, " channels of the input ", inputs[0].ToString(),
                           " (or be -1: a group for each), received ", options_.groups);
  }
  if (options_.scale) weights.Add("gamma", channels, options_.gamma_initializer);
  if (options_.center) weights.Add("beta", channels, options_.beta_initializer);
  return absl::OkStatus();
}

std::vector<Value> GroupNormalizationLayer::Call(CallContext& context, absl::Span<const Value> inputs) const {
  const Value x = inputs[0];
  if (!x.ok()) return {x};
  GroupNormOptions options;
  options.axis = static_cast<int>(options_.axis);
  const Dim& channels = x.shape()[options.axis < 0 ? options.axis + x.rank() : options.axis];
  options.groups = options_.groups == -1 ? channels.value() : options_.groups;
  options.epsilon = options_.epsilon;
  if (options_.scale) options.scale = context.Weight("gamma");
  if (options_.center) options.offset = context.Weight("beta");
  return {GroupNormalize(x, options)};
}

}  // namespace weft
