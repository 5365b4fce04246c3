// mean((y_true - y_pred)^2) over the last axis.
#ifndef WEFT_MODELS_LOSSES_MEAN_SQUARED_ERROR_H_
#define WEFT_MODELS_LOSSES_MEAN_SQUARED_ERROR_H_

#include "models/losses/regression_loss.h"

namespace weft {
namespace losses {

class MeanSquaredError final : public RegressionLoss {
 public:
  explicit MeanSquaredError(RegressionLossOptions options = {}) : RegressionLoss(std::move(options)) {}
  absl::string_view class_name() const override { return "MeanSquaredError"; }

 protected:
  Value PerElement(Value y_true, Value y_pred) const override;
};

}  // namespace losses

using losses::MeanSquaredError;

}  // namespace weft

#endif  // WEFT_MODELS_LOSSES_MEAN_SQUARED_ERROR_H_
