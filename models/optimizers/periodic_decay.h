// What learning rates that decay with every `decay_steps` iterations have in common.
#ifndef WEFT_MODELS_OPTIMIZERS_PERIODIC_DECAY_H_
#define WEFT_MODELS_OPTIMIZERS_PERIODIC_DECAY_H_

#include <cstdint>
#include <limits>
#include <utility>

#include "models/optimizers/schedule.h"

namespace weft {

struct PeriodicDecayOptions {
  double initial_learning_rate = std::numeric_limits<double>::quiet_NaN();  // required
  int64_t decay_steps = 0;                                                  // required
  double decay_rate = std::numeric_limits<double>::quiet_NaN();             // required
  bool staircase = false;                                                   // whole multiples of decay_steps only
};

class PeriodicDecay : public Schedule {
 public:
  void VisitConfig(ConfigVisitor& visitor) final;
  Value Record(GraphBuilder& builder, Value iterations) const final;

 protected:
  explicit PeriodicDecay(PeriodicDecayOptions options) : options_(std::move(options)) {}
  // The rate after so many periods, iterations / decay_steps, in f32.
  virtual Value RateAfter(Value periods) const = 0;
  const PeriodicDecayOptions& options() const { return options_; }

 private:
  absl::Status Validate() const;
  PeriodicDecayOptions options_;
};

}  // namespace weft

#endif  // WEFT_MODELS_OPTIMIZERS_PERIODIC_DECAY_H_
