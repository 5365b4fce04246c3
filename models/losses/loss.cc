#include "models/losses/loss.h"

#include <cmath>

#include "core/status.h"
#include "models/losses/reduction.h"
#include "models/losses/targets.h"

namespace weft {

absl::Status Loss::CheckTarget(const TensorType& y_pred, const TensorType& y_true) const {
  WEFT_ASSIGN_OR_RETURN(const TensorType expected, TargetType(y_pred));
  if (losses::SameUpToLastOne(expected, y_true)) return absl::OkStatus();
  return InvalidArgument(class_name(), ": expected targets ", expected.ToString(), " for the model's output ",
                         y_pred.ToString(), ", received ", y_true.ToString());
}

absl::Status Loss::CheckTargets(const TensorType& y_pred, const TensorView& y_true) const {
  TensorType type{y_true.dtype, Shape::FromDims(y_true.dims)};
  if (type.rank() > 0 && y_pred.rank() > 0) type.shape[0] = y_pred.shape[0];
  WEFT_RETURN_IF_ERROR(CheckTarget(y_pred, type));
  return CheckValues(y_pred, y_true);
}

absl::Status Loss::CheckValues(const TensorType& y_pred, const TensorView& y_true) const {
  static_cast<void>(y_pred);
  if (!IsFloat(y_true.dtype)) return absl::OkStatus();
  double value;
  const int64_t at = losses::FindValue(
      y_true, [](double v) { return !std::isnan(v); }, &value);
  if (at < 0) return absl::OkStatus();
  return InvalidArgument(class_name(), ": ", losses::DescribeValue(y_true, at, value));
}

Value Loss::Record(GraphBuilder& builder, Value y_true, Value y_pred, Value sample_weight) const {
  const Value values = PerSample(builder, y_true, y_pred);
  if (!values.ok()) return values;
  return ReduceLoss(builder, values, sample_weight, reduction());
}

}  // namespace weft
