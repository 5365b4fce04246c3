#include "models/layers/alpha_dropout.h"

#include <cmath>

#include "models/layers/layers_util.h"
#include "models/layers/noise.h"
#include "ops/elementwise/elementwise.h"
#include "ops/random/random.h"

namespace weft {
namespace {

// selu's limit far below 0: -1.6732... * 1.0507...
constexpr double kLowerLimit = -1.7580993408473766;

}  // namespace

AlphaDropoutLayer::AlphaDropoutLayer(AlphaDropoutOptions options) : options_(std::move(options)) {
  name_ = options_.name;
}

void AlphaDropoutLayer::VisitConfig(ConfigVisitor& visitor) {
  VisitLayer(visitor);
  visitor.Field("rate", options_.rate);
  visitor.Field("seed", options_.seed);
  visitor.Field("noise_shape", options_.noise_shape);
}

absl::Status AlphaDropoutLayer::Build(WeightBuilder& weights, absl::Span<const TensorType> inputs) {
  static_cast<void>(weights);
  WEFT_RETURN_IF_ERROR(CheckRateBelowOne(options_.rate));
  WEFT_RETURN_IF_ERROR(ExpectOneFloatInput(inputs));
  return NoiseType(inputs[0], options_.noise_shape).status();
}

std::vector<Value> AlphaDropoutLayer::Call(CallContext& context, absl::Span<const Value> inputs) const {
  const Value x = inputs[0];
  if (!context.training() || options_.rate == 0 || !x.ok()) return {x};
  const absl::StatusOr<TensorType> noise = NoiseType(x.type(), options_.noise_shape);
  if (!noise.ok()) return {context.builder().Error(noise.status())};
  const double rate = options_.rate;
  const Value uniform = RandomUniform(NoiseKey(context, options_.seed), context.random_step(), *noise);
  const Value mixed = Select(GreaterEqual(uniform, rate), x, kLowerLimit);
  // Of mean 0 and variance 1 again: mixed has mean rate * limit and variance (1 - rate) (1 + rate * limit^2).
  const double scale = 1 / std::sqrt((1 - rate) * (1 + rate * kLowerLimit * kLowerLimit));
  return {mixed * scale - scale * kLowerLimit * rate};
}

}  // namespace weft
