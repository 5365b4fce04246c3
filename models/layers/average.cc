#include "models/layers/average.h"

#include "core/status.h"
#include "ops/elementwise/elementwise.h"

namespace weft {

absl::Status AverageLayer::Build(WeightBuilder& weights, absl::Span<const TensorType> inputs) {
  WEFT_RETURN_IF_ERROR(MergeLayer::Build(weights, inputs));
  if (IsFloat(inputs[0].dtype)) return absl::OkStatus();
  return InvalidArgument("expected inputs of floats, received ", inputs[0].ToString());
}

Value AverageLayer::Merge(absl::Span<const Value> inputs, absl::Span<const Value> masks) const {
  static_cast<void>(masks);
  Value y = inputs[0];
  for (const Value& x : inputs.subspan(1)) y = y + x;
  return y / static_cast<double>(inputs.size());
}

}  // namespace weft
