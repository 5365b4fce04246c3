#include "models/losses/mean_absolute_error.h"

#include "ops/elementwise/elementwise.h"

namespace weft::losses {

Value MeanAbsoluteError::PerElement(Value y_true, Value y_pred) const { return Abs(y_true - y_pred); }

}  // namespace weft::losses
