#include "models/layers/gru.h"

#include "ops/elementwise/elementwise.h"
#include "ops/shape/shape.h"

namespace weft {

GRULayer::GRULayer(GRUOptions options)
    : RecurrentLayer(SharedOptions(options)),
      recurrent_activation_(std::move(options.recurrent_activation)),
      reset_after_(options.reset_after) {}

void GRULayer::VisitCell(ConfigVisitor& visitor) {
  visitor.Field("recurrent_activation", recurrent_activation_);
  visitor.Field("reset_after", reset_after_);
}

void GRULayer::AddBias(WeightBuilder& weights) const {
  weights.Add("bias", reset_after_ ? Shape{2, 3 * units()} : Shape{3 * units()}, options().bias_initializer);
}

Value GRULayer::BiasRow(CallContext& context, int64_t row) const {
  return Reshape(SliceAxis(context.Weight("bias"), 0, row, row + 1), {3 * units()});
}

Value GRULayer::InputBias(CallContext& context) const {
  return reset_after_ ? BiasRow(context, 0) : context.Weight("bias");
}

RecurrentLayer::StepFn GRULayer::Cell(CallContext& context, absl::Span<const Value> masks) const {
  return reset_after_ ? ResetAfter(context, masks) : ResetBefore(context, masks);
}

RecurrentLayer::StepFn GRULayer::ResetAfter(CallContext& context, absl::Span<const Value> masks) const {
  const RecurrentProduct product(context.Weight("recurrent_kernel"), masks);
  const Value bias = options().use_bias ? BiasRow(context, 1) : Value();
  return [this, &context, product, bias](absl::Span<const Value> states, Value x) -> std::vector<Value> {
    const Value h = states[0];
    Value inner = product(h);
    if (!bias.absent()) inner = inner + bias;
    const std::vector<Value> from_h = Split(inner, 3, 1), from_x = Split(x, 3, 1);
    const Value z = context.Activate(recurrent_activation_, from_x[0] + from_h[0]);
    const Value r = context.Activate(recurrent_activation_, from_x[1] + from_h[1]);
    const Value g = Activate(context, from_x[2] + r * from_h[2]);
    return {z * h + (1 - z) * g};
  };
}

RecurrentLayer::StepFn GRULayer::ResetBefore(CallContext& context, absl::Span<const Value> masks) const {
  const std::vector<Value> kernels = Split(context.Weight("recurrent_kernel"), {2 * units(), units()}, 1);
  const RecurrentProduct gates(kernels[0], masks.empty() ? masks : masks.first(2));
  const RecurrentProduct candidate(kernels[1], masks.empty() ? masks : masks.last(1));
  return [this, &context, gates, candidate](absl::Span<const Value> states, Value x) -> std::vector<Value> {
    const Value h = states[0];
    const std::vector<Value> from_h = Split(gates(h), 2, 1), from_x = Split(x, 3, 1);
    const Value z = context.Activate(recurrent_activation_, from_x[0] + from_h[0]);
    const Value r = context.Activate(recurrent_activation_, from_x[1] + from_h[1]);
    const Value g = Activate(context, from_x[2] + candidate(r * h));
    return {z * h + (1 - z) * g};
  };
}

}  // namespace weft
