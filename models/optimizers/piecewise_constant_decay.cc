#include "models/optimizers/piecewise_constant_decay.h"

#include "core/status.h"
#include "models/optimizers/schedule_checks.h"
#include "ops/elementwise/elementwise.h"

namespace weft {

void PiecewiseConstantDecay::VisitConfig(ConfigVisitor& visitor) {
  visitor.Field("boundaries", options_.boundaries);
  visitor.Field("values", options_.values);
  visitor.Ignore("name");
  visitor.Error(Validate());
}

absl::Status PiecewiseConstantDecay::Validate() const {
  const std::vector<int64_t>& boundaries = options_.boundaries;
  if (options_.values.size() != boundaries.size() + 1) {
    return InvalidArgument("expected one value more than boundaries, received ", boundaries.size(), " boundaries and ",
                           options_.values.size(), " values");
  }
  for (size_t i = 1; i < boundaries.size(); ++i) {
    if (boundaries[i] > boundaries[i - 1]) continue;
    return InvalidArgument("boundaries must increase, received ", boundaries[i], " after ", boundaries[i - 1]);
  }
  for (double value : options_.values) WEFT_RETURN_IF_ERROR(schedule::CheckGiven("values", value));
  return absl::OkStatus();
}

Value PiecewiseConstantDecay::Record(GraphBuilder& builder, Value iterations) const {
  const absl::Status status = Validate();
  if (!status.ok()) return builder.Error(Annotate(status, class_name()));
  Value rate = builder.Constant(Tensor::Scalar(DType::kFloat32, options_.values.back()));
  for (size_t i = options_.boundaries.size(); i-- > 0;) {
    const Value boundary = builder.Constant(Tensor::ScalarInt(iterations.dtype(), options_.boundaries[i]));
    rate = Select(LessEqual(iterations, boundary), options_.values[i], rate);
  }
  return rate;
}

}  // namespace weft
