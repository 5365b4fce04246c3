// What the losses that compare numbers share: targets of the output's shape, the mean over the last axis.
#ifndef WEFT_MODELS_LOSSES_REGRESSION_LOSS_H_
#define WEFT_MODELS_LOSSES_REGRESSION_LOSS_H_

#include <string>
#include <utility>

#include "models/losses/loss.h"

namespace weft {
namespace losses {

struct RegressionLossOptions {
  std::string reduction = "sum_over_batch_size";
};

class RegressionLoss : public Loss {
 public:
  void VisitConfig(ConfigVisitor& visitor) override;
  Value PerSample(GraphBuilder& builder, Value y_true, Value y_pred) const override;
  const std::string& reduction() const override { return options_.reduction; }
  absl::StatusOr<TensorType> TargetType(const TensorType& y_pred) const override;
  absl::Status CheckTarget(const TensorType& y_pred, const TensorType& y_true) const override;

 protected:
  explicit RegressionLoss(RegressionLossOptions options) : options_(std::move(options)) {}
  // The loss of each element; both of one type.
  virtual Value PerElement(Value y_true, Value y_pred) const = 0;

 private:
  RegressionLossOptions options_;
};

}  // namespace losses
}  // namespace weft

#endif  // WEFT_MODELS_LOSSES_REGRESSION_LOSS_H_
