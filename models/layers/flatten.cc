#include "models/layers/flatten.h"

#include "models/layers/layers_util.h"
#include "ops/shape/shape.h"

namespace weft {

void FlattenLayer::VisitConfig(ConfigVisitor& visitor) {
  VisitLayer(visitor);
  visitor.MustBeOrNull("data_format", "\"channels_last\"");
}

absl::Status FlattenLayer::Build(WeightBuilder& weights, absl::Span<const TensorType> inputs) {
  static_cast<void>(weights);
  return ExpectOneInput(inputs);
}

std::vector<Value> FlattenLayer::Call(CallContext& context, absl::Span<const Value> inputs) const {
  static_cast<void>(context);
  return {Flatten(inputs[0])};
}

}  // namespace weft
