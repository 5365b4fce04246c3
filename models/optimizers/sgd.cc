#include "models/optimizers/sgd.h"

#include "core/status.h"
#include "ops/elementwise/elementwise.h"

namespace weft {

void SGD::VisitOwnConfig(ConfigVisitor& visitor) {
  visitor.Field("momentum", options_.momentum);
  visitor.Field("nesterov", options_.nesterov);
}

absl::Status SGD::Validate() const {
  if (options_.momentum >= 0 && options_.momentum <= 1) return absl::OkStatus();
  return InvalidArgument("momentum must be in [0, 1], received ", options_.momentum);
}

std::vector<Slot> SGD::slots() const {
  if (options_.momentum == 0) return {};
  return {{.name = "momentum"}};
}

Optimizer::Result SGD::Update(const Step& step, Value variable, Value gradient, absl::Span<const Value> slots) const {
  const Value change = gradient * step.learning_rate;
  if (options_.momentum == 0) return {variable - change, {}};
  const Value momentum = slots[0] * options_.momentum - change;
  const Value ahead = options_.nesterov ? momentum * options_.momentum - change : momentum;
  return {variable + ahead, {momentum}};
}

}  // namespace weft
