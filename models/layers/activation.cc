#include "models/layers/activation.h"

#include "models/layers/layers_util.h"

namespace weft {

ActivationLayer::ActivationLayer(ActivationOptions options) : options_(std::move(options)) { name_ = options_.name; }

void ActivationLayer::VisitConfig(ConfigVisitor& visitor) {
  VisitLayer(visitor);
  visitor.Field("activation", options_.activation);
}

absl::Status ActivationLayer::Build(WeightBuilder& weights, absl::Span<const TensorType> inputs) {
  static_cast<void>(weights);
  return ExpectOneFloatInput(inputs);
}

std::vector<Value> ActivationLayer::Call(CallContext& context, absl::Span<const Value> inputs) const {
  return {context.Activate(options_.activation, inputs[0])};
}

}  // namespace weft
