#include "models/layers/dropout.h"

#include "models/layers/layers_util.h"
#include "ops/elementwise/elementwise.h"
#include "ops/random/random.h"
#include "ops/shape/shape.h"

namespace weft {

DropoutLayer::DropoutLayer(DropoutOptions options) : options_(std::move(options)) { name_ = options_.name; }

void DropoutLayer::VisitConfig(ConfigVisitor& visitor) {
  VisitLayer(visitor);
  visitor.Field("rate", options_.rate);
  visitor.Field("seed", options_.seed);
  visitor.MustBeNull("noise_shape");
}

absl::Status DropoutLayer::Build(WeightBuilder& weights, absl::Span<const TensorType> inputs) {
  static_cast<void>(weights);
  if (!(options_.rate >= 0 && options_.rate <= 1)) {
    return InvalidArgument("rate must lie in [0, 1], received ", options_.rate);
  }
  return ExpectOneFloatInput(inputs);
}

std::vector<Value> DropoutLayer::Call(CallContext& context, absl::Span<const Value> inputs) const {
  const Value x = inputs[0];
  if (!context.training() || options_.rate == 0 || !x.ok()) return {x};
  GraphBuilder& builder = context.builder();
  const Value key = options_.seed.has_value() ? Constant(builder, Tensor::ScalarInt(DType::kInt64, *options_.seed))
                                              : context.random_key();
  const Value uniform = RandomUniform(key, context.random_step(), x.type());
  const double keep = 1 - options_.rate;
  return {Select(GreaterEqual(uniform, options_.rate), keep == 0 ? x : x * (1 / keep), 0.0)};
}

}  // namespace weft
