// A learning rate that decays as the inverse of time.
#ifndef WEFT_MODELS_OPTIMIZERS_INVERSE_TIME_DECAY_H_
#define WEFT_MODELS_OPTIMIZERS_INVERSE_TIME_DECAY_H_

#include <utility>

#include "models/optimizers/periodic_decay.h"

namespace weft {

using InverseTimeDecayOptions = PeriodicDecayOptions;

// initial_learning_rate / (1 + decay_rate * iterations / decay_steps), in f32.
class InverseTimeDecay final : public PeriodicDecay {
 public:
  explicit InverseTimeDecay(InverseTimeDecayOptions options = {}) : PeriodicDecay(std::move(options)) {}
  absl::string_view class_name() const override { return "InverseTimeDecay"; }

 private:
  Value RateAfter(Value periods) const override;
};

}  // namespace weft

#endif  // WEFT_MODELS_OPTIMIZERS_INVERSE_TIME_DECAY_H_
