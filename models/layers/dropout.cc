#include "models/layers/dropout.h"

#include "models/layers/layers_util.h"
#include "models/layers/noise.h"

namespace weft {

DropoutLayer::DropoutLayer(DropoutOptions options) : options_(std::move(options)) { name_ = options_.name; }

void DropoutLayer::VisitConfig(ConfigVisitor& visitor) {
  VisitLayer(visitor);
  visitor.Field("rate", options_.rate);
  visitor.Field("seed", options_.seed);
  visitor.Field("noise_shape", options_.noise_shape);
}

absl::Status DropoutLayer::Build(WeightBuilder& weights, absl::Span<const TensorType> inputs) {
  static_cast<void>(weights);
  WEFT_RETURN_IF_ERROR(CheckRate(options_.rate));
  WEFT_RETURN_IF_ERROR(ExpectOneFloatInput(inputs));
  return NoiseType(inputs[0], options_.noise_shape).status();
}

std::vector<Value> DropoutLayer::Call(CallContext& context, absl::Span<const Value> inputs) const {
  const Value x = inputs[0];
  if (!context.training() || options_.rate == 0 || !x.ok()) return {x};
  const absl::StatusOr<TensorType> noise = NoiseType(x.type(), options_.noise_shape);
  if (!noise.ok()) return {context.builder().Error(noise.status())};
  return {DropOut(context, x, options_.rate, *noise, options_.seed)};
}

}  // namespace weft
