// Runs an optimizer on tensors, step by step.
#ifndef WEFT_MODELS_OPTIMIZERS_TESTING_STEPPER_H_
#define WEFT_MODELS_OPTIMIZERS_TESTING_STEPPER_H_

#include <vector>

#include "absl/status/status.h"
#include "absl/types/span.h"
#include "core/tensor.h"
#include "models/optimizers/optimizer.h"

namespace weft {

class Stepper {
 public:
  enum class Runner { kKernels, kReference };
  // `optimizer` outlives the stepper.
  Stepper(const Optimizer& optimizer, std::vector<Tensor> variables, Runner runner = Runner::kKernels);
  // One step; a gradient per variable.
  absl::Status Step(absl::Span<const Tensor> gradients);
  const Tensor& variable(int i) const { return variables_[i]; }

 private:
  const Optimizer& optimizer_;
  const Runner runner_;
  int64_t iterations_ = 0;
  std::vector<Tensor> variables_;
  std::vector<std::vector<Tensor>> slots_;
};

}  // namespace weft

#endif  // WEFT_MODELS_OPTIMIZERS_TESTING_STEPPER_H_
