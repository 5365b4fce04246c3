#include "models/optimizers/exponential_decay.h"

#include "ops/elementwise/elementwise.h"

namespace weft {

Value ExponentialDecay::RateAfter(Value periods) const {
  return options().initial_learning_rate * Pow(options().decay_rate, periods);
}

}  // namespace weft
