#include "models/losses/regression_loss.h"

#include <tuple>

#include "core/status.h"
#include "models/losses/ranks.h"
#include "models/losses/reduction.h"
#include "models/losses/targets.h"
#include "ops/reduce/reduce.h"

namespace weft::losses {

void RegressionLoss::VisitConfig(ConfigVisitor& visitor) {
  visitor.Ignore("name");
  VisitReduction(visitor, options_.reduction);
}

absl::StatusOr<TensorType> RegressionLoss::TargetType(const TensorType& y_pred) const {
  const absl::Status status = CheckPrediction(y_pred, 1);
  if (!status.ok()) return Annotate(status, class_name());
  return y_pred;
}

absl::Status RegressionLoss::CheckTarget(const TensorType& y_pred, const TensorType& y_true) const {
  WEFT_RETURN_IF_ERROR(TargetType(y_pred).status());
  if (SameUpToLastOne(y_pred, y_true)) return absl::OkStatus();
  std::string hint;
  if (y_true.rank() == 1 && y_pred.rank() == 2) {
    hint = "; for one number per sample, give the last layer units = 1";
  } else if (y_true.rank() == y_pred.rank() && LastDim(y_true) != LastDim(y_pred)) {
    hint = absl::StrCat("; to predict ", LastDim(y_true).ToString(),
                        " numbers, give the last layer units = ", LastDim(y_true).ToString());
  }
  return InvalidArgument(class_name(), ": expected targets of the shape of the model's output, ", y_pred.ToString(),
                         ", received ", y_true.ToString(), hint);
}

Value RegressionLoss::PerSample(GraphBuilder& builder, Value y_true, Value y_pred) const {
  if (!y_true.ok() || !y_pred.ok()) return builder.Error(InvalidArgument(class_name(), ": y_true or y_pred is absent"));
  const absl::Status status = CheckTarget(y_pred.type(), y_true.type());
  if (!status.ok()) return builder.Error(status);
  y_true = WithDType(y_true, y_pred.dtype());
  std::tie(y_true, y_pred) = ToSameRank(y_true, y_pred);
  return ReduceMean(PerElement(y_true, y_pred), {.axes = {-1}});
}

}  // namespace weft::losses
