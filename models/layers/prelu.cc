#include "models/layers/prelu.h"

#include "models/layers/layers_util.h"
#include "ops/elementwise/elementwise.h"

namespace weft {

PReLULayer::PReLULayer(PReLUOptions options) : options_(std::move(options)) { name_ = options_.name; }

void PReLULayer::VisitConfig(ConfigVisitor& visitor) {
  VisitLayer(visitor);
  visitor.Object("alpha_initializer", "initializer", options_.alpha_initializer);
  visitor.MustBeNull("alpha_regularizer");
  visitor.MustBeNull("alpha_constraint");
  visitor.Field("shared_axes", options_.shared_axes);
}

absl::Status PReLULayer::Build(WeightBuilder& weights, absl::Span<const TensorType> inputs) {
  WEFT_RETURN_IF_ERROR(ExpectOneFloatInput(inputs));
  const TensorType& input = inputs[0];
  Shape shape;
  for (int axis = 1; axis < input.rank(); ++axis) shape.push_back(input.shape[axis]);
  for (int64_t axis : options_.shared_axes.value_or(std::vector<int64_t>())) {
    if (axis < 1 || axis >= input.rank()) {
      return InvalidArgument("shared_axes: ", axis, " is not an axis of a sample of the input ", input.ToString());
    }
    shape[static_cast<int>(axis) - 1] = 1;
  }
  if (!shape.is_static()) {
    return InvalidArgument("the dims of a sample that are not shared must be known, for alpha; received ",
                           input.ToString());
  }
  weights.Add("alpha", shape, options_.alpha_initializer);
  return absl::OkStatus();
}

std::vector<Value> PReLULayer::Call(CallContext& context, absl::Span<const Value> inputs) const {
  const Value x = inputs[0];
  return {Relu(x) - context.Weight("alpha") * Relu(-x)};
}

}  // namespace weft
