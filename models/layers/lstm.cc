#include "models/layers/lstm.h"

#include "ops/elementwise/elementwise.h"
#include "ops/shape/shape.h"

namespace weft {

LSTMLayer::LSTMLayer(LSTMOptions options)
    : RecurrentLayer(SharedOptions(options)),
      recurrent_activation_(std::move(options.recurrent_activation)),
      unit_forget_bias_(options.unit_forget_bias) {}

void LSTMLayer::VisitCell(ConfigVisitor& visitor) {
  visitor.Field("recurrent_activation", recurrent_activation_);
  visitor.Field("unit_forget_bias", unit_forget_bias_);
}

void LSTMLayer::AddBias(WeightBuilder& weights) const {
  WeightBuilder::Options options;
  if (unit_forget_bias_) {
    options.finish = [units = units()](Value bias) {
      const Value forget = Full(*bias.builder(), {bias.dtype(), {units}}, 1);
      return Concat({SliceAxis(bias, 0, 0, units), forget, SliceAxis(bias, 0, 2 * units, 4 * units)}, 0);
    };
  }
  weights.Add("bias", {4 * units()}, this->options().bias_initializer, std::move(options));
}

RecurrentLayer::StepFn LSTMLayer::Cell(CallContext& context, absl::Span<const Value> masks) const {
  const RecurrentProduct product(context.Weight("recurrent_kernel"), masks);
  return [this, &context, product](absl::Span<const Value> states, Value x) -> std::vector<Value> {
    const std::vector<Value> z = Split(product(states[0]) + x, 4, 1);
    const Value i = context.Activate(recurrent_activation_, z[0]);
    const Value f = context.Activate(recurrent_activation_, z[1]);
    const Value c = f * states[1] + i * Activate(context, z[2]);
    const Value o = context.Activate(recurrent_activation_, z[3]);
    return {o * Activate(context, c), c};
  };
}

}  // namespace weft
