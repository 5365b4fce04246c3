#include "models/optimizers/rmsprop.h"

#include "core/status.h"
#include "models/optimizers/squared_gradient.h"
#include "ops/elementwise/elementwise.h"

namespace weft {

void RMSprop::VisitOwnConfig(ConfigVisitor& visitor) {
  visitor.Field("rho", options_.rho);
  visitor.Field("momentum", options_.momentum);
  visitor.Field("epsilon", options_.epsilon);
  visitor.Field("centered", options_.centered);
}

absl::Status RMSprop::Validate() const {
  if (!(options_.rho >= 0 && options_.rho <= 1))
    return InvalidArgument("rho must be in [0, 1], received ", options_.rho);
  if (!(options_.momentum >= 0 && options_.momentum <= 1)) {
    return InvalidArgument("momentum must be in [0, 1], received ", options_.momentum);
  }
  if (!(options_.epsilon >= 0)) return InvalidArgument("epsilon must be >= 0, received ", options_.epsilon);
  return absl::OkStatus();
}

std::vector<Slot> RMSprop::slots() const {
  std::vector<Slot> slots = {{.name = "velocity"}};
  if (options_.momentum > 0) slots.push_back({.name = "momentum"});
  if (options_.centered) slots.push_back({.name = "average_gradient"});
  return slots;
}

Optimizer::Result RMSprop::Update(const Step& step, Value variable, Value gradient,
                                  absl::Span<const Value> slots) const {
  const double rho = options_.rho;
  Result result;
  const Value velocity = slots[0] * rho + SquaredGradient(gradient) * (1 - rho);
  result.slots.push_back(velocity);

  Value denominator = velocity;
  Value average;
  if (options_.centered) {
    average = slots.back() * rho + gradient * (1 - rho);
    denominator = denominator - Square(average);
  }
  Value change = gradient * step.learning_rate * Rsqrt(denominator + options_.epsilon);
  if (options_.momentum > 0) {
    change = slots[1] * options_.momentum + change;
    result.slots.push_back(change);
  }
  if (options_.centered) result.slots.push_back(average);
  result.variable = variable - change;
  return result;
}

}  // namespace weft
