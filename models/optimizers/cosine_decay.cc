#include "models/optimizers/cosine_decay.h"

#include "core/status.h"
#include "models/optimizers/schedule_checks.h"
#include "ops/elementwise/elementwise.h"

namespace weft {

void CosineDecay::VisitConfig(ConfigVisitor& visitor) {
  visitor.Field("initial_learning_rate", options_.initial_learning_rate);
  visitor.Field("decay_steps", options_.decay_steps);
  visitor.Field("alpha", options_.alpha);
  visitor.Ignore("name");
  visitor.Field("warmup_target", options_.warmup_target);
  visitor.Field("warmup_steps", options_.warmup_steps);
  visitor.Error(Validate());
}

absl::Status CosineDecay::Validate() const {
  WEFT_RETURN_IF_ERROR(schedule::CheckGiven("initial_learning_rate", options_.initial_learning_rate));
  WEFT_RETURN_IF_ERROR(schedule::CheckGiven("alpha", options_.alpha));
  if (options_.warmup_target.has_value()) {
    WEFT_RETURN_IF_ERROR(schedule::CheckGiven("warmup_target", *options_.warmup_target));
    if (options_.warmup_steps < 0)
      return InvalidArgument("warmup_steps must be >= 0, received ", options_.warmup_steps);
  }
  return schedule::CheckPositive("decay_steps", options_.decay_steps);
}

Value CosineDecay::Record(GraphBuilder& builder, Value iterations) const {
  const absl::Status status = Validate();
  if (!status.ok()) return builder.Error(Annotate(status, class_name()));
  const double steps = static_cast<double>(options_.decay_steps);
  const double alpha = options_.alpha;
  auto decayed = [&](Value past, double from) {
    const Value cosine = 0.5 * (1 + Cos(schedule::kPi * (past / steps)));
    return from * ((1 - alpha) * cosine + alpha);
  };
  const Value now = Cast(iterations, DType::kFloat32);
  const double initial = options_.initial_learning_rate;
  if (!options_.warmup_target.has_value()) return decayed(Minimum(now, steps), initial);

  const double target = *options_.warmup_target;
  const double warmup = static_cast<double>(options_.warmup_steps);
  const Value after = decayed(Minimum(now - warmup, steps), target);
  if (options_.warmup_steps == 0) return after;
  return Select(Less(now, warmup), (target - initial) * (now / warmup) + initial, after);
}

}  // namespace weft
