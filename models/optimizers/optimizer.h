// Optimizers record the update of each trainable variable into train_step. All state (moments, step count, learning
// rate) is variables.
#ifndef WEFT_MODELS_OPTIMIZERS_OPTIMIZER_H_
#define WEFT_MODELS_OPTIMIZERS_OPTIMIZER_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "graph/ir/builder.h"
#include "models/config.h"
#include "models/optimizers/schedule.h"

namespace weft {

// A per-variable state tensor of the optimizer, of the variable's shape.
struct Slot {
  std::string name;  // "momentum", "velocity"
  double initial_value = 0;
};

// Options that all of Keras' optimizers share (their order and defaults).
struct OptimizerOptions {
  std::optional<double> weight_decay;
  std::optional<double> clipnorm;  // per variable
  std::optional<double> clipvalue;
  std::optional<double> global_clipnorm;  // one of the three; giving more is an error
};

class Optimizer : public Configurable {
 public:
  struct Step {
    GraphBuilder& builder;
    Value learning_rate;  // f32 scalar of this step
    Value iterations;     // i64 scalar, 0 in the first step
  };
  struct Result {
    Value variable;
    std::vector<Value> slots;
  };

  virtual LearningRate learning_rate() const = 0;
  virtual const OptimizerOptions& common() const = 0;
  virtual std::vector<Slot> slots() const = 0;
  // The new value of a variable and of its slots, from its (clipped) gradient. Elementwise in variable, gradient and
  // slots (scalars from `step` apart), so that it fuses into the kernel that computes the gradient.
  // Called by ApplyGradients (apply.h), which does what all optimizers share.
  virtual Result Update(const Step& step, Value variable, Value gradient, absl::Span<const Value> slots) const = 0;
  // InvalidArgument for options that make no sense, beyond those of common() and learning_rate().
  virtual absl::Status Validate() const { return absl::OkStatus(); }
};
using OptimizerRef = Ref<Optimizer>;

}  // namespace weft

#endif  // WEFT_MODELS_OPTIMIZERS_OPTIMIZER_H_
