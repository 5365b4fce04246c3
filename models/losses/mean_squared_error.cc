#include "models/losses/mean_squared_error.h"

#include "ops/elementwise/elementwise.h"

namespace weft::losses {

Value MeanSquaredError::PerElement(Value y_true, Value y_pred) const { return Square(y_true - y_pred); }

}  // namespace weft::losses
