#include "models/optimizers/adam.h"

#include "core/status.h"
#include "models/optimizers/squared_gradient.h"
#include "ops/elementwise/elementwise.h"

namespace weft {

void AdamParameters::VisitConfig(ConfigVisitor& visitor) {
  visitor.Field("beta_1", beta_1);
  visitor.Field("beta_2", beta_2);
  visitor.Field("epsilon", epsilon);
  visitor.Field("amsgrad", amsgrad);
}

absl::Status AdamParameters::Validate() const {
  if (!(beta_1 >= 0 && beta_1 < 1)) return InvalidArgument("beta_1 must be in [0, 1), received ", beta_1);
  if (!(beta_2 >= 0 && beta_2 < 1)) return InvalidArgument("beta_2 must be in [0, 1), received ", beta_2);
  if (!(epsilon >= 0)) return InvalidArgument("epsilon must be >= 0, received ", epsilon);
  return absl::OkStatus();
}

absl::Status AdamW::Validate() const {
  if (!options_.weight_decay.has_value()) return InvalidArgument("weight_decay must be given, received null");
  return AdamWithOptions::Validate();
}

std::vector<Slot> AdamParameters::slots() const {
  std::vector<Slot> slots = {{.name = "momentum"}, {.name = "velocity"}};
  if (amsgrad) slots.push_back({.name = "velocity_hat"});
  return slots;
}

Optimizer::Result AdamParameters::Update(const Optimizer::Step& step, Value variable, Value gradient,
                                         absl::Span<const Value> slots) const {
  // Scalars; equal for all variables, so that one copy of them is left after common subexpressions are merged.
  const Value t = Cast(step.iterations + 1, variable.dtype());
  const Value alpha = step.learning_rate * Sqrt(1 - Pow(beta_2, t)) / (1 - Pow(beta_1, t));

  const Value momentum = slots[0] + (gradient - slots[0]) * (1 - beta_1);
  const Value velocity = slots[1] + (SquaredGradient(gradient) - slots[1]) * (1 - beta_2);
  Optimizer::Result result;
  result.slots = {momentum, velocity};
  Value scale = velocity;
  if (amsgrad) {
    scale = Maximum(slots[2], velocity);
    result.slots.push_back(scale);
  }
  result.variable = variable - momentum * alpha / (Sqrt(scale) + epsilon);
  return result;
}

}  // namespace weft
