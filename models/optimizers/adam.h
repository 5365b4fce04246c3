// Adam (Kingma and Ba, arXiv:1412.6980), with AMSGrad (Reddi, Kale and Kumar, "On the convergence of Adam and beyond",
// 2018), and AdamW (Loshchilov and Hutter, arXiv:1711.05101).
#ifndef WEFT_MODELS_OPTIMIZERS_ADAM_H_
#define WEFT_MODELS_OPTIMIZERS_ADAM_H_

#include "models/optimizers/optimizer_with_options.h"

namespace weft {

// The update of Adam. t counts from 1; alpha = lr * sqrt(1 - beta_2^t) / (1 - beta_1^t) is computed once per step.
//   m += (g - m) * (1 - beta_1);  v += (g^2 - v) * (1 - beta_2);  amsgrad: h = max(h, v), in place of v below
//   w -= m * alpha / (sqrt(v) + epsilon)
struct AdamParameters {
  double beta_1 = 0.9;
  double beta_2 = 0.999;
  double epsilon = 1e-7;
  bool amsgrad = false;

  std::vector<Slot> slots() const;  // momentum, velocity; velocity_hat (amsgrad)
  Optimizer::Result Update(const Optimizer::Step& step, Value variable, Value gradient,
                           absl::Span<const Value> slots) const;
  void VisitConfig(ConfigVisitor& visitor);
  absl::Status Validate() const;
};

struct AdamOptions {
  LearningRate learning_rate = 0.001;
  double beta_1 = 0.9;
  double beta_2 = 0.999;
  double epsilon = 1e-7;
  bool amsgrad = false;
  std::optional<double> weight_decay = {};
  std::optional<double> clipnorm = {};
  std::optional<double> clipvalue = {};
  std::optional<double> global_clipnorm = {};
};

struct AdamWOptions {
  LearningRate learning_rate = 0.001;
  std::optional<double> weight_decay = 0.004;  // must be given
  double beta_1 = 0.9;
  double beta_2 = 0.999;
  double epsilon = 1e-7;
  bool amsgrad = false;
  std::optional<double> clipnorm = {};
  std::optional<double> clipvalue = {};
  std::optional<double> global_clipnorm = {};
};

template <typename Options>
class AdamWithOptions : public OptimizerWithOptions<Options> {
 public:
  std::vector<Slot> slots() const override { return parameters().slots(); }
  Optimizer::Result Update(const Optimizer::Step& step, Value variable, Value gradient,
                           absl::Span<const Value> slots) const override {
    return parameters().Update(step, variable, gradient, slots);
  }
  absl::Status Validate() const override { return parameters().Validate(); }

 protected:
  using OptimizerWithOptions<Options>::OptimizerWithOptions;
  void VisitOwnConfig(ConfigVisitor& visitor) override {
    AdamParameters p = parameters();
    p.VisitConfig(visitor);
    Options& o = this->options_;
    o.beta_1 = p.beta_1, o.beta_2 = p.beta_2, o.epsilon = p.epsilon, o.amsgrad = p.amsgrad;
  }

 private:
  AdamParameters parameters() const {
    const Options& o = this->options_;
    return {o.beta_1, o.beta_2, o.epsilon, o.amsgrad};
  }
};

class Adam final : public AdamWithOptions<AdamOptions> {
 public:
  explicit Adam(AdamOptions options = {}) : AdamWithOptions(std::move(options)) {}
  absl::string_view class_name() const override { return "Adam"; }
};

// Adam with decoupled weight decay: see ApplyGradients.
class AdamW final : public AdamWithOptions<AdamWOptions> {
 public:
  explicit AdamW(AdamWOptions options = {}) : AdamWithOptions(std::move(options)) {}
  absl::string_view class_name() const override { return "AdamW"; }
  absl::Status Validate() const override;
};

}  // namespace weft

#endif  // WEFT_MODELS_OPTIMIZERS_ADAM_H_
