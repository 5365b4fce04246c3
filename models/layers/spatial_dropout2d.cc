#include "models/layers/spatial_dropout2d.h"

#include "models/layers/layers_util.h"
#include "models/layers/noise.h"

namespace weft {

SpatialDropout2DLayer::SpatialDropout2DLayer(SpatialDropout2DOptions options) : options_(std::move(options)) {
  name_ = options_.name;
}

void SpatialDropout2DLayer::VisitConfig(ConfigVisitor& visitor) {
  VisitLayer(visitor);
  visitor.Field("rate", options_.rate);
  visitor.Field("seed", options_.seed);
  std::optional<std::string> data_format = options_.data_format;
  visitor.Field("data_format", data_format);
  options_.data_format = data_format.value_or(SpatialDropout2DOptions().data_format);
}

absl::Status SpatialDropout2DLayer::Build(WeightBuilder& weights, absl::Span<const TensorType> inputs) {
  static_cast<void>(weights);
  WEFT_RETURN_IF_ERROR(CheckRate(options_.rate));
  if (options_.data_format != "channels_last" && options_.data_format != "channels_first") {
    return InvalidArgument("data_format must be 'channels_last' or 'channels_first', received '", options_.data_format,
                           "'");
  }
  WEFT_RETURN_IF_ERROR(ExpectOneFloatInput(inputs));
  if (inputs[0].rank() == 4) return absl::OkStatus();
  return InvalidArgument("expected an input [batch, height, width, channels], received ", inputs[0].ToString());
}

std::vector<Value> SpatialDropout2DLayer::Call(CallContext& context, absl::Span<const Value> inputs) const {
  const Value x = inputs[0];
  if (!context.training() || options_.rate == 0 || !x.ok()) return {x};
  TensorType noise = x.type();
  const int first = options_.data_format == "channels_last" ? 1 : 2;
  noise.shape[first] = 1;
  noise.shape[first + 1] = 1;
  return {DropOut(context, x, options_.rate, noise, options_.seed)};
}

}  // namespace weft
