// A learning rate that decays exponentially.
#ifndef WEFT_MODELS_OPTIMIZERS_EXPONENTIAL_DECAY_H_
#define WEFT_MODELS_OPTIMIZERS_EXPONENTIAL_DECAY_H_

#include <utility>

#include "models/optimizers/periodic_decay.h"

namespace weft {

using ExponentialDecayOptions = PeriodicDecayOptions;

// initial_learning_rate * decay_rate ^ (iterations / decay_steps), in f32.
class ExponentialDecay final : public PeriodicDecay {
 public:
  explicit ExponentialDecay(ExponentialDecayOptions options = {}) : PeriodicDecay(std::move(options)) {}
  absl::string_view class_name() const override { return "ExponentialDecay"; }

 private:
  Value RateAfter(Value periods) const override;
};

}  // namespace weft

#endif  // WEFT_MODELS_OPTIMIZERS_EXPONENTIAL_DECAY_H_
