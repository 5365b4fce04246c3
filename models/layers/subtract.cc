#include "models/layers/subtract.h"

#include "core/status.h"
#include "models/layers/layers_util.h"
#include "ops/elementwise/elementwise.h"

namespace weft {

absl::Status SubtractLayer::Build(WeightBuilder& weights, absl::Span<const TensorType> inputs) {
  if (inputs.size() != 2) return WrongNumberOfInputs("two inputs", inputs.size());
  return MergeLayer::Build(weights, inputs);
}

Value SubtractLayer::Merge(absl::Span<const Value> inputs, absl::Span<const Value> masks) const {
  static_cast<void>(masks);
  return inputs[0] - inputs[1];
}

}  // namespace weft
