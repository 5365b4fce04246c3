#include "models/layers/unit_normalization.h"

#include "models/layers/layers_util.h"
#include "ops/norm/norm.h"

namespace weft {

UnitNormalizationLayer::UnitNormalizationLayer(UnitNormalizationOptions options) : options_(std::move(options)) {
  name_ = options_.name;
}

void UnitNormalizationLayer::VisitConfig(ConfigVisitor& visitor) {
  VisitLayer(visitor);
  visitor.Field("axis", options_.axis);
}

absl::Status UnitNormalizationLayer::Build(WeightBuilder& weights, absl::Span<const TensorType> inputs) {
  static_cast<void>(weights);
  WEFT_RETURN_IF_ERROR(ExpectOneFloatInput(inputs));
  return SampleAxes(options_.axis, inputs[0]).status();
}

std::vector<Value> UnitNormalizationLayer::Call(CallContext& context, absl::Span<const Value> inputs) const {
  static_cast<void>(context);
  UnitNormOptions options;
  options.axes = {options_.axis.begin(), options_.axis.end()};
  return {UnitNormalize(inputs[0], options)};
}

}  // namespace weft
