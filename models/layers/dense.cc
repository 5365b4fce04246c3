#include "models/layers/dense.h"

#include "models/layers/layers_util.h"
#include "ops/dense/dense.h"
#include "ops/elementwise/elementwise.h"
#include "ops/shape/shape.h"

namespace weft {

DenseLayer::DenseLayer(DenseOptions options) : options_(std::move(options)) {
  name_ = options_.name;
  trainable_ = options_.trainable;
}

void DenseLayer::VisitConfig(ConfigVisitor& visitor) {
  VisitLayer(visitor);
  visitor.Field("units", options_.units);
  visitor.Field("activation", options_.activation);
  visitor.Field("use_bias", options_.use_bias);
  visitor.Object("kernel_initializer", "initializer", options_.kernel_initializer);
  visitor.Object("bias_initializer", "initializer", options_.bias_initializer);
  visitor.MustBeNull("kernel_regularizer");
  visitor.MustBeNull("bias_regularizer");
  visitor.MustBeNull("activity_regularizer");
  visitor.MustBeNull("kernel_constraint");
  visitor.MustBeNull("bias_constraint");
  visitor.MustBeNull("quantization_config");
}

absl::Status DenseLayer::Build(WeightBuilder& weights, absl::Span<const TensorType> inputs) {
  WEFT_RETURN_IF_ERROR(ExpectOneFloatInput(inputs));
  const Shape& shape = inputs[0].shape;
  if (options_.units < 1) return InvalidArgument("units must be at least 1, received ", options_.units);
  if (shape.rank() < 2) {
    return InvalidArgument("expected an input [batch, ..., features], received ", inputs[0].ToString(),
                           ", which has no axis of features; Reshape({.target_shape = {1}}) in front makes one");
  }
  const Dim& features = shape[shape.rank() - 1];
  if (!features.is_constant()) {
    return InvalidArgument("the last axis of the input must have a known size, for the kernel; received ",
                           inputs[0].ToString());
  }
  weights.Add("kernel", {features, options_.units}, options_.kernel_initializer);
  if (options_.use_bias) weights.Add("bias", {options_.units}, options_.bias_initializer);
  return absl::OkStatus();
}

// Leading axes are merged and restored: one product, whose gradient for the kernel is one product too.
std::vector<Value> DenseLayer::Call(CallContext& context, absl::Span<const Value> inputs) const {
  const Value x = inputs[0];
  const Value kernel = context.Weight("kernel");
  const bool merge = x.ok() && x.rank() > 2;
  Value z = MatMul(merge ? Reshape(x, {Dim(-1), kernel.shape()[0]}) : x, kernel);
  if (options_.use_bias) z = z + context.Weight("bias");
  Value y = context.Activate(options_.activation, z);
  if (merge && y.ok()) {
    Shape shape = x.shape();
    shape[shape.rank() - 1] = y.shape()[1];
    y = Reshape(y, shape);
  }
  return {y};
}

}  // namespace weft
