// A learning rate that goes to its end along a power of the time left.
#ifndef WEFT_MODELS_OPTIMIZERS_POLYNOMIAL_DECAY_H_
#define WEFT_MODELS_OPTIMIZERS_POLYNOMIAL_DECAY_H_

#include <cstdint>
#include <limits>

#include "models/optimizers/schedule.h"

namespace weft {

struct PolynomialDecayOptions {
  double initial_learning_rate = std::numeric_limits<double>::quiet_NaN();  // required
  int64_t decay_steps = 0;                                                  // required
  double end_learning_rate = 0.0001;
  double power = 1;
  bool cycle = false;  // begin again at the next multiple of decay_steps, else stay at the end
};

// With p = min(iterations, decay_steps) / decay_steps: (initial - end) * (1 - p) ^ power + end, in f32. With cycle,
// p = iterations / (decay_steps * ceil(iterations / decay_steps)), 0 in the first step.
class PolynomialDecay final : public Schedule {
 public:
  explicit PolynomialDecay(PolynomialDecayOptions options = {}) : options_(std::move(options)) {}
  absl::string_view class_name() const override { return "PolynomialDecay"; }
  void VisitConfig(ConfigVisitor& visitor) override;
  Value Record(GraphBuilder& builder, Value iterations) const override;

 private:
  absl::Status Validate() const;
  PolynomialDecayOptions options_;
};

}  // namespace weft

#endif  // WEFT_MODELS_OPTIMIZERS_POLYNOMIAL_DECAY_H_
