#include "models/layers/simple_rnn.h"

#include "ops/elementwise/elementwise.h"

namespace weft {

RecurrentLayer::StepFn SimpleRNNLayer::Cell(CallContext& context, absl::Span<const Value> masks) const {
  const RecurrentProduct product(context.Weight("recurrent_kernel"), masks);
  return [this, &context, product](absl::Span<const Value> states, Value x) -> std::vector<Value> {
    return {Activate(context, product(states[0]) + x)};
  };
}

}  // namespace weft
