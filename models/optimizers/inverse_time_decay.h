// A learning rate that decays as the inverse of time.
#ifndef WEFT_MODELS_OPTIMIZERS_INVERSE_TIME_DECAY_H_
#define WEFT_MODELS_OPTIMIZERS_INVERSE_TIME_DECAY_H_

#include <cstdint>
#include <limits>

#include "models/optimizers/schedule.h"

namespace weft {

struct InverseTimeDecayOptions {
  double initial_learning_rate = std::numeric_limits<double>::quiet_NaN();  // required
  int64_t decay_steps = 0;                                                  // required
  double decay_rate = std::numeric_limits<double>::quiet_NaN();             // required
  bool staircase = false;                                                   // whole multiples of decay_steps only
};

// initial_learning_rate / (1 + decay_rate * iterations / decay_steps), in f32.
class InverseTimeDecay final : public Schedule {
 public:
  explicit InverseTimeDecay(InverseTimeDecayOptions options = {}) : options_(std::move(options)) {}
  absl::string_view class_name() const override { return "InverseTimeDecay"; }
  void VisitConfig(ConfigVisitor& visitor) override;
  Value Record(GraphBuilder& builder, Value iterations) const override;

 private:
  absl::Status Validate() const;
  InverseTimeDecayOptions options_;
};

}  // namespace weft

#endif  // WEFT_MODELS_OPTIMIZERS_INVERSE_TIME_DECAY_H_
