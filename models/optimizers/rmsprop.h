// RMSprop: gradients divided by a running average of their magnitude (Hinton, Coursera lecture 6e, 2012).
#ifndef WEFT_MODELS_OPTIMIZERS_RMSPROP_H_
#define WEFT_MODELS_OPTIMIZERS_RMSPROP_H_

#include "models/optimizers/optimizer_with_options.h"

namespace weft {

struct RMSpropOptions {
  LearningRate learning_rate = 0.001;
  double rho = 0.9;
  double momentum = 0;
  double epsilon = 1e-7;
  bool centered = false;  // divide by an estimate of the variance
  std::optional<double> weight_decay = {};
  std::optional<double> clipnorm = {};
  std::optional<double> clipvalue = {};
  std::optional<double> global_clipnorm = {};
};

// v = rho * v + (1 - rho) * g^2;  d = v + epsilon
// centered:  a = rho * a + (1 - rho) * g;  d = v - a^2 + epsilon
// s = lr * g / sqrt(d);  momentum > 0:  m = momentum * m + s,  w -= m;  else w -= s
// The quotient is computed as (lr * g) * rsqrt(d), a few units in the last place from Keras' and cheaper.
class RMSprop final : public OptimizerWithOptions<RMSpropOptions> {
 public:
  explicit RMSprop(RMSpropOptions options = {}) : OptimizerWithOptions(std::move(options)) {}
  absl::string_view class_name() const override { return "RMSprop"; }
  std::vector<Slot> slots() const override;  // velocity; momentum (> 0); average_gradient (centered)
  Result Update(const Step& step, Value variable, Value gradient, absl::Span<const Value> slots) const override;
  absl::Status Validate() const override;

 protected:
  void VisitOwnConfig(ConfigVisitor& visitor) override;
};

}  // namespace weft

#endif  // WEFT_MODELS_OPTIMIZERS_RMSPROP_H_
