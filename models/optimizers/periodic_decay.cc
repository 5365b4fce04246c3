#include "models/optimizers/periodic_decay.h"

#include "core/status.h"
#include "models/optimizers/schedule_checks.h"
#include "ops/elementwise/elementwise.h"

namespace weft {

void PeriodicDecay::VisitConfig(ConfigVisitor& visitor) {
  visitor.Field("initial_learning_rate", options_.initial_learning_rate);
  visitor.Field("decay_steps", options_.decay_steps);
  visitor.Field("decay_rate", options_.decay_rate);
  visitor.Field("staircase", options_.staircase);
  visitor.Ignore("name");
  visitor.Error(Validate());
}

absl::Status PeriodicDecay::Validate() const {
  WEFT_RETURN_IF_ERROR(schedule::CheckGiven("initial_learning_rate", options_.initial_learning_rate));
  WEFT_RETURN_IF_ERROR(schedule::CheckGiven("decay_rate", options_.decay_rate));
  return schedule::CheckPositive("decay_steps", options_.decay_steps);
}

Value PeriodicDecay::Record(GraphBuilder& builder, Value iterations) const {
  const absl::Status status = Validate();
  if (!status.ok()) return builder.Error(Annotate(status, class_name()));
  Value periods = Cast(iterations, DType::kFloat32) / static_cast<double>(options_.decay_steps);
  if (options_.staircase) periods = Floor(periods);
  return RateAfter(periods);
}

}  // namespace weft
