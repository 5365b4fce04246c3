#include "models/metrics/regression.h"

#include "models/losses/mean_absolute_error.h"
#include "models/losses/mean_squared_error.h"

namespace weft::metrics {

Value MeanSquaredError::Values(GraphBuilder& builder, Value y_true, Value y_pred) const {
  return losses::MeanSquaredError().PerSample(builder, y_true, y_pred);
}

Value MeanAbsoluteError::Values(GraphBuilder& builder, Value y_true, Value y_pred) const {
  return losses::MeanAbsoluteError().PerSample(builder, y_true, y_pred);
}

}  // namespace weft::metrics
