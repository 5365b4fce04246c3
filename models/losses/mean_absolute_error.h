// mean(|y_true - y_pred|) over the last axis; the gradient where they are equal is 0.
#ifndef WEFT_MODELS_LOSSES_MEAN_ABSOLUTE_ERROR_H_
#define WEFT_MODELS_LOSSES_MEAN_ABSOLUTE_ERROR_H_

#include "models/losses/regression_loss.h"

namespace weft {
namespace losses {

class MeanAbsoluteError final : public RegressionLoss {
 public:
  explicit MeanAbsoluteError(RegressionLossOptions options = {}) : RegressionLoss(std::move(options)) {}
  absl::string_view class_name() const override { return "MeanAbsoluteError"; }

 protected:
  Value PerElement(Value y_true, Value y_pred) const override;
};

}  // namespace losses

using losses::MeanAbsoluteError;

}  // namespace weft

#endif  // WEFT_MODELS_LOSSES_MEAN_ABSOLUTE_ERROR_H_
