#include "models/layers/relu.h"

#include "models/layers/layers_util.h"
#include "ops/elementwise/activations.h"

namespace weft {

ReLULayer::ReLULayer(ReLUOptions options) : options_(std::move(options)) { name_ = options_.name; }

void ReLULayer::VisitConfig(ConfigVisitor& visitor) {
  VisitLayer(visitor);
  visitor.Field("max_value", options_.max_value);
  visitor.Field("negative_slope", options_.negative_slope);
  visitor.Field("threshold", options_.threshold);
}

absl::Status ReLULayer::Build(WeightBuilder& weights, absl::Span<const TensorType> inputs) {
  static_cast<void>(weights);
  const struct {
    const char* name;
    double value;
  } limits[] = {{"max_value", options_.max_value.value_or(0)},
                {"negative_slope", options_.negative_slope},
                {"threshold", options_.threshold}};
  for (const auto& [name, value] : limits) {
    if (!(value >= 0)) return InvalidArgument(name, " must be at least 0, received ", value);
  }
  return ExpectOneFloatInput(inputs);
}

std::vector<Value> ReLULayer::Call(CallContext& context, absl::Span<const Value> inputs) const {
  static_cast<void>(context);
  ReluOptions options;
  options.negative_slope = options_.negative_slope;
  options.threshold = options_.threshold;
  if (options_.max_value.has_value()) options.max_value = *options_.max_value;
  return {GeneralRelu(inputs[0], options)};
}

}  // namespace weft
