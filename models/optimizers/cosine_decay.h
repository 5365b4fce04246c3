// A learning rate that decays along half a cosine, after a linear warmup if one is asked for
// (Loshchilov and Hutter, arXiv:1608.03983).
#ifndef WEFT_MODELS_OPTIMIZERS_COSINE_DECAY_H_
#define WEFT_MODELS_OPTIMIZERS_COSINE_DECAY_H_

#include <cstdint>
#include <limits>
#include <optional>

#include "models/optimizers/schedule.h"

namespace weft {

struct CosineDecayOptions {
  double initial_learning_rate = std::numeric_limits<double>::quiet_NaN();  // required
  int64_t decay_steps = 0;                                                  // required
  double alpha = 0;  // the last rate, as a fraction of the one that the decay begins with
  std::optional<double> warmup_target = {};
  int64_t warmup_steps = 0;
};

// Without warmup_target: r = initial_learning_rate and s = min(iterations, decay_steps). With it: for warmup_steps
// steps the rate rises from initial_learning_rate to r = warmup_target, then s counts from there. In f32:
// r * ((1 - alpha) * 0.5 * (1 + cos(pi * s / decay_steps)) + alpha).
class CosineDecay final : public Schedule {
 public:
  explicit CosineDecay(CosineDecayOptions options = {}) : options_(std::move(options)) {}
  absl::string_view class_name() const override { return "CosineDecay"; }
  void VisitConfig(ConfigVisitor& visitor) override;
  Value Record(GraphBuilder& builder, Value iterations) const override;

 private:
  absl::Status Validate() const;
  CosineDecayOptions options_;
};

}  // namespace weft

#endif  // WEFT_MODELS_OPTIMIZERS_COSINE_DECAY_H_
