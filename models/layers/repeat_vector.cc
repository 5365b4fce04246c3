#include "models/layers/repeat_vector.h"

#include "models/layers/layers_util.h"
#include "ops/shape/shape.h"

namespace weft {

RepeatVectorLayer::RepeatVectorLayer(RepeatVectorOptions options) : options_(std::move(options)) {
  name_ = options_.name;
}

void RepeatVectorLayer::VisitConfig(ConfigVisitor& visitor) {
  VisitLayer(visitor);
  visitor.Field("n", options_.n);
}

absl::Status RepeatVectorLayer::Build(WeightBuilder& weights, absl::Span<const TensorType> inputs) {
  static_cast<void>(weights);
  WEFT_RETURN_IF_ERROR(ExpectOneInput(inputs));
  if (options_.n < 1) return InvalidArgument("n must be at least 1, received ", options_.n);
  if (inputs[0].rank() == 2) return absl::OkStatus();
  return InvalidArgument("expected an input [batch, features], received ", inputs[0].ToString());
}

std::vector<Value> RepeatVectorLayer::Call(CallContext& context, absl::Span<const Value> inputs) const {
  static_cast<void>(context);
  const Value x = inputs[0];
  if (!x.ok()) return {x};
  return {BroadcastTo(ExpandDims(x, 1), {x.shape()[0], options_.n, x.shape()[1]})};
}

}  // namespace weft
