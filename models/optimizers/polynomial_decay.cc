#include "models/optimizers/polynomial_decay.h"

#include "core/status.h"
#include "models/optimizers/schedule_checks.h"
#include "ops/elementwise/elementwise.h"

namespace weft {

void PolynomialDecay::VisitConfig(ConfigVisitor& visitor) {
  visitor.Field("initial_learning_rate", options_.initial_learning_rate);
  visitor.Field("decay_steps", options_.decay_steps);
  visitor.Field("end_learning_rate", options_.end_learning_rate);
  visitor.Field("power", options_.power);
  visitor.Field("cycle", options_.cycle);
  visitor.Ignore("name");
  visitor.Error(Validate());
}

absl::Status PolynomialDecay::Validate() const {
  WEFT_RETURN_IF_ERROR(schedule::CheckGiven("initial_learning_rate", options_.initial_learning_rate));
  WEFT_RETURN_IF_ERROR(schedule::CheckGiven("end_learning_rate", options_.end_learning_rate));
  WEFT_RETURN_IF_ERROR(schedule::CheckGiven("power", options_.power));
  return schedule::CheckPositive("decay_steps", options_.decay_steps);
}

Value PolynomialDecay::Record(GraphBuilder& builder, Value iterations) const {
  const absl::Status status = Validate();
  if (!status.ok()) return builder.Error(Annotate(status, class_name()));
  const double steps = static_cast<double>(options_.decay_steps);
  const Value now = Cast(iterations, DType::kFloat32);
  Value past;
  if (options_.cycle) {
    past = now / (steps * Maximum(Ceil(now / steps), 1));  // the 0th cycle is the first
  } else {
    past = Minimum(now, steps) / steps;
  }
  const double start = static_cast<float>(options_.initial_learning_rate);
  const double end = static_cast<float>(options_.end_learning_rate);
  return (start - end) * Pow(1 - past, options_.power) + end;
}

}  // namespace weft
