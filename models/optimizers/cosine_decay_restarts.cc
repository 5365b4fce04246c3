#include "models/optimizers/cosine_decay_restarts.h"

#include <cmath>

#include "core/status.h"
#include "models/optimizers/schedule_checks.h"
#include "ops/elementwise/elementwise.h"

namespace weft {

void CosineDecayRestarts::VisitConfig(ConfigVisitor& visitor) {
  visitor.Field("initial_learning_rate", options_.initial_learning_rate);
  visitor.Field("first_decay_steps", options_.first_decay_steps);
  visitor.Field("t_mul", options_.t_mul);
  visitor.Field("m_mul", options_.m_mul);
  visitor.Field("alpha", options_.alpha);
  visitor.Ignore("name");
  visitor.Error(Validate());
}

absl::Status CosineDecayRestarts::Validate() const {
  WEFT_RETURN_IF_ERROR(schedule::CheckGiven("initial_learning_rate", options_.initial_learning_rate));
  WEFT_RETURN_IF_ERROR(schedule::CheckGiven("m_mul", options_.m_mul));
  WEFT_RETURN_IF_ERROR(schedule::CheckGiven("alpha", options_.alpha));
  if (!(options_.t_mul >= 1 && std::isfinite(options_.t_mul))) {
    return InvalidArgument("t_mul must be >= 1, received ", options_.t_mul);
  }
  return schedule::CheckPositive("first_decay_steps", options_.first_decay_steps);
}

namespace {

struct Position {
  Value period;  // 0, 1, ...
  Value part;    // of that period, in [0, 1)
};

// Periods are 1, t, t^2, ... long: period i begins at (1 - t^i) / (1 - t). Where rounding puts the logarithm on the
// wrong side of an integer, the power decides.
Position Locate(Value x, double t) {
  if (t == 1) {
    const Value period = Floor(x);
    return {period, x - period};
  }
  const Value power = 1 - x * (1 - t);
  Value period = Floor(Log(power) / std::log(t));
  period = Select(LessEqual(Pow(t, period + 1), power), period + 1, period);
  period = Select(Greater(Pow(t, period), power), period - 1, period);
  const Value length = Pow(t, period);
  const Value start = (1 - length) / (1 - t);
  return {period, (x - start) / length};
}

}  // namespace

Value CosineDecayRestarts::Record(GraphBuilder& builder, Value iterations) const {
  const absl::Status status = Validate();
  if (!status.ok()) return builder.Error(Annotate(status, class_name()));
  const double alpha = options_.alpha;
  const Value first_periods = Cast(iterations, DType::kFloat32) / static_cast<double>(options_.first_decay_steps);
  const Position at = Locate(first_periods, options_.t_mul);
  const Value cosine = 0.5 * Pow(options_.m_mul, at.period) * (1 + Cos(schedule::kPi * at.part));
  return options_.initial_learning_rate * ((1 - alpha) * cosine + alpha);
}

}  // namespace weft
