// Stochastic gradient descent, with momentum.
#ifndef WEFT_MODELS_OPTIMIZERS_SGD_H_
#define WEFT_MODELS_OPTIMIZERS_SGD_H_

#include "models/optimizers/optimizer_with_options.h"

namespace weft {

struct SGDOptions {
  LearningRate learning_rate = 0.01;
  double momentum = 0;  // in [0, 1]
  bool nesterov = false;
  std::optional<double> weight_decay = {};
  std::optional<double> clipnorm = {};
  std::optional<double> clipvalue = {};
  std::optional<double> global_clipnorm = {};
};

// momentum 0:  w -= lr * g
// else:        m = momentum * m - lr * g;  w += m, or with nesterov: w += momentum * m - lr * g
class SGD final : public OptimizerWithOptions<SGDOptions> {
 public:
  explicit SGD(SGDOptions options = {}) : OptimizerWithOptions(std::move(options)) {}
  absl::string_view class_name() const override { return "SGD"; }
  std::vector<Slot> slots() const override;
  Result Update(const Step& step, Value variable, Value gradient, absl::Span<const Value> slots) const override;
  absl::Status Validate() const override;

 protected:
  void VisitOwnConfig(ConfigVisitor& visitor) override;
};

}  // namespace weft

#endif  // WEFT_MODELS_OPTIMIZERS_SGD_H_
