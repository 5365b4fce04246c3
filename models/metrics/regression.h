// The mean error of numbers.
#ifndef WEFT_MODELS_METRICS_REGRESSION_H_
#define WEFT_MODELS_METRICS_REGRESSION_H_

#include <string>

#include "models/metrics/mean.h"

namespace weft::metrics {

// The mean of (y_true - y_pred)^2.
class MeanSquaredError final : public MeanOfSamples {
 public:
  absl::string_view class_name() const override { return "MeanSquaredError"; }
  std::string default_name() const override { return "mean_squared_error"; }

 protected:
  Value Values(GraphBuilder& builder, Value y_true, Value y_pred) const override;
};

// The mean of |y_true - y_pred|.
class MeanAbsoluteError final : public MeanOfSamples {
 public:
  absl::string_view class_name() const override { return "MeanAbsoluteError"; }
  std::string default_name() const override { return "mean_absolute_error"; }

 protected:
  Value Values(GraphBuilder& builder, Value y_true, Value y_pred) const override;
};

}  // namespace weft::metrics

#endif  // WEFT_MODELS_METRICS_REGRESSION_H_
