#include "models/layers/leaky_relu.h"

#include "models/layers/layers_util.h"
#include "ops/elementwise/activations.h"

namespace weft {

LeakyReLULayer::LeakyReLULayer(LeakyReLUOptions options) : options_(std::move(options)) { name_ = options_.name; }

void LeakyReLULayer::VisitConfig(ConfigVisitor& visitor) {
  VisitLayer(visitor);
  visitor.Field("negative_slope", options_.negative_slope);
}

absl::Status LeakyReLULayer::Build(WeightBuilder& weights, absl::Span<const TensorType> inputs) {
  static_cast<void>(weights);
  WEFT_RETURN_IF_ERROR(CheckFinite("negative_slope", options_.negative_slope));
  if (options_.negative_slope < 0) {
    return InvalidArgument("negative_slope must be at least 0, received ", options_.negative_slope);
  }
  return ExpectOneFloatInput(inputs);
}

std::vector<Value> LeakyReLULayer::Call(CallContext& context, absl::Span<const Value> inputs) const {
  static_cast<void>(context);
  return {LeakyRelu(inputs[0], {.negative_slope = options_.negative_slope})};
}

}  // namespace weft
