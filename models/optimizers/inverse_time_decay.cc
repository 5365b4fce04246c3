#include "models/optimizers/inverse_time_decay.h"

#include "ops/elementwise/elementwise.h"

namespace weft {

Value InverseTimeDecay::RateAfter(Value periods) const {
  return options().initial_learning_rate / (1 + options().decay_rate * periods);
}

}  // namespace weft
