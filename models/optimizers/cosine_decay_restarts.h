// Cosine decay with warm restarts (SGDR: Loshchilov and Hutter, arXiv:1608.03983).
#ifndef WEFT_MODELS_OPTIMIZERS_COSINE_DECAY_RESTARTS_H_
#define WEFT_MODELS_OPTIMIZERS_COSINE_DECAY_RESTARTS_H_

#include <cstdint>
#include <limits>

#include "models/optimizers/schedule.h"

namespace weft {

struct CosineDecayRestartsOptions {
  double initial_learning_rate = std::numeric_limits<double>::quiet_NaN();  // required
  int64_t first_decay_steps = 0;                                            // required
  double t_mul = 2;  // each period is so many times longer than the one before
  double m_mul = 1;  // and begins with so many times its rate
  double alpha = 0;  // the last rate of a period, as a fraction of the first
};

// With f in [0, 1) the part of the period i = 0, 1, ... that is over: initial_learning_rate *
// ((1 - alpha) * 0.5 * m_mul^i * (1 + cos(pi * f)) + alpha), in f32.
class CosineDecayRestarts final : public Schedule {
 public:
  explicit CosineDecayRestarts(CosineDecayRestartsOptions options = {}) : options_(std::move(options)) {}
  absl::string_view class_name() const override { return "CosineDecayRestarts"; }
  void VisitConfig(ConfigVisitor& visitor) override;
  Value Record(GraphBuilder& builder, Value iterations) const override;

 private:
  absl::Status Validate() const;
  CosineDecayRestartsOptions options_;
};

}  // namespace weft

#endif  // WEFT_MODELS_OPTIMIZERS_COSINE_DECAY_RESTARTS_H_
