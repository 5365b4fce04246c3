#include "models/layers/gaussian_noise.h"

#include "models/layers/layers_util.h"
#include "models/layers/noise.h"
#include "ops/elementwise/elementwise.h"
#include "ops/random/random.h"

namespace weft {

GaussianNoiseLayer::GaussianNoiseLayer(GaussianNoiseOptions options) : options_(std::move(options)) {
  name_ = options_.name;
}

void GaussianNoiseLayer::VisitConfig(ConfigVisitor& visitor) {
  VisitLayer(visitor);
  visitor.Field("stddev", options_.stddev);
  visitor.Field("seed", options_.seed);
}

absl::Status GaussianNoiseLayer::Build(WeightBuilder& weights, absl::Span<const TensorType> inputs) {
  static_cast<void>(weights);
  if (!(options_.stddev >= 0 && options_.stddev <= 1)) {
    return InvalidArgument("stddev must lie in [0, 1], received ", options_.stddev);
  }
  return ExpectOneFloatInput(inputs);
}

std::vector<Value> GaussianNoiseLayer::Call(CallContext& context, absl::Span<const Value> inputs) const {
  const Value x = inputs[0];
  if (!context.training() || options_.stddev == 0 || !x.ok()) return {x};
  const Value key = NoiseKey(context, options_.seed);
  return {x + RandomNormal(key, context.random_step(), x.type(), {.stddev = options_.stddev})};
}

}  // namespace weft
