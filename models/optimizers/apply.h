// From gradients to new values: what all optimizers share around Optimizer::Update. Used by the trainer, and by whoever
// records a train_step by hand:
//
//   Value rate = RecordLearningRate(*optimizer, builder, iterations, builder.Variable("optimizer/learning_rate"));
//   WEFT_ASSIGN_OR_RETURN(auto updated, ApplyGradients(*optimizer, {builder, rate, iterations}, variables));
//   for (size_t i = 0; i < variables.size(); ++i) {
//     builder.Update(variables[i].name, updated[i].variable);
//     for (size_t k = 0; k < slots.size(); ++k)
//       builder.Update(SlotVariableName(variables[i].name, slots[k]), updated[i].slots[k]);
//   }
//   builder.Update("optimizer/iterations", iterations + 1);
#ifndef WEFT_MODELS_OPTIMIZERS_APPLY_H_
#define WEFT_MODELS_OPTIMIZERS_APPLY_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "models/optimizers/optimizer.h"

namespace weft {

struct VariableGradient {
  std::string name;          // for errors and provenance
  Value variable;            // its value before the step
  Value gradient;            // of the variable's type
  std::vector<Value> slots;  // in the order of Optimizer::slots(), each of the variable's type
};

// The name of the variable that holds a slot: "optimizer/dense/kernel/momentum".
std::string SlotVariableName(absl::string_view variable, const Slot& slot);

// InvalidArgument for options that contradict each other or make no sense: more than one way of clipping, a negative
// norm, a learning rate that is not a number ... (an optimizer's own included).
absl::Status ValidateOptimizer(const Optimizer& optimizer);

// The f32 scalar learning rate of a step: the schedule's, or `variable` where the optimizer has a plain number (the
// variable's first value is then learning_rate().value). `iterations`: i64 scalar, 0 in the first step.
Value RecordLearningRate(const Optimizer& optimizer, GraphBuilder& builder, Value iterations, Value variable);

// One result per variable, in order. As Keras 3 does: gradients are clipped
//   clipnorm:         g * c / max(|g|, c), for each variable by its own norm
//   global_clipnorm:  g * (c * min(1 / norm, 1 / c)) with the norm of all gradients together; NaN if that is not finite
//   clipvalue:        to [-c, c]
// (0 switches clipping off), then w -= w * weight_decay * learning_rate, then Optimizer::Update. Squares are summed per
// variable as reduce_sum defines it, and then over the variables in their order: one result whatever the threads.
absl::StatusOr<std::vector<Optimizer::Result>> ApplyGradients(const Optimizer& optimizer, const Optimizer::Step& step,
                                                              absl::Span<const VariableGradient> variables);

}  // namespace weft

#endif  // WEFT_MODELS_OPTIMIZERS_APPLY_H_
