#include "models/layers/elu.h"

#include "models/layers/layers_util.h"
#include "ops/elementwise/activations.h"

namespace weft {

ELULayer::ELULayer(ELUOptions options) : options_(std::move(options)) { name_ = options_.name; }

void ELULayer::VisitConfig(ConfigVisitor& visitor) {
  VisitLayer(visitor);
  visitor.Field("alpha", options_.alpha);
}

absl::Status ELULayer::Build(WeightBuilder& weights, absl::Span<const TensorType> inputs) {
  static_cast<void>(weights);
  WEFT_RETURN_IF_ERROR(CheckFinite("alpha", options_.alpha));
  return ExpectOneFloatInput(inputs);
}

std::vector<Value> ELULayer::Call(CallContext& context, absl::Span<const Value> inputs) const {
  static_cast<void>(context);
  return {Elu(inputs[0], options_.alpha)};
}

}  // namespace weft
