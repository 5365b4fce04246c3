#include "models/layers/gaussian_dropout.h"

#include <cmath>

#include "models/layers/layers_util.h"
#include "models/layers/noise.h"
#include "ops/elementwise/elementwise.h"
#include "ops/random/random.h"

namespace weft {

GaussianDropoutLayer::GaussianDropoutLayer(GaussianDropoutOptions options) : options_(std::move(options)) {
  name_ = options_.name;
}

void GaussianDropoutLayer::VisitConfig(ConfigVisitor& visitor) {
  VisitLayer(visitor);
  visitor.Field("rate", options_.rate);
  visitor.Field("seed", options_.seed);
}

absl::Status GaussianDropoutLayer::Build(WeightBuilder& weights, absl::Span<const TensorType> inputs) {
  static_cast<void>(weights);
  WEFT_RETURN_IF_ERROR(CheckRateBelowOne(options_.rate));
  return ExpectOneFloatInput(inputs);
}

std::vector<Value> GaussianDropoutLayer::Call(CallContext& context, absl::Span<const Value> inputs) const {
  const Value x = inputs[0];
  if (!context.training() || options_.rate == 0 || !x.ok()) return {x};
  const Value key = NoiseKey(context, options_.seed);
  const double stddev = std::sqrt(options_.rate / (1 - options_.rate));
  return {x * RandomNormal(key, context.random_step(), x.type(), {.mean = 1, .stddev = stddev})};
}

}  // namespace weft
