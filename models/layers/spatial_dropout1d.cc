#include "models/layers/spatial_dropout1d.h"

#include "models/layers/layers_util.h"
#include "models/layers/noise.h"

namespace weft {

SpatialDropout1DLayer::SpatialDropout1DLayer(SpatialDropout1DOptions options) : options_(std::move(options)) {
  name_ = options_.name;
}

void SpatialDropout1DLayer::VisitConfig(ConfigVisitor& visitor) {
  VisitLayer(visitor);
  visitor.Field("rate", options_.rate);
  visitor.Field("seed", options_.seed);
}

absl::Status SpatialDropout1DLayer::Build(WeightBuilder& weights, absl::Span<const TensorType> inputs) {
  static_cast<void>(weights);
  WEFT_RETURN_IF_ERROR(CheckRate(options_.rate));
  WEFT_RETURN_IF_ERROR(ExpectOneFloatInput(inputs));
  if (inputs[0].rank() == 3) return absl::OkStatus();
  return InvalidArgument("expected an input [batch, time, channels], received ", inputs[0].ToString());
}

std::vector<Value> SpatialDropout1DLayer::Call(CallContext& context, absl::Span<const Value> inputs) const {
  const Value x = inputs[0];
  if (!context.training() || options_.rate == 0 || !x.ok()) return {x};
  TensorType noise = x.type();
  noise.shape[1] = 1;
  return {DropOut(context, x, options_.rate, noise, options_.seed)};
}

}  // namespace weft
