// Checks of targets that several losses share. Private to models/losses.
#ifndef WEFT_MODELS_LOSSES_TARGETS_H_
#define WEFT_MODELS_LOSSES_TARGETS_H_

#include <cstdint>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "core/tensor.h"
#include "core/tensor_type.h"

namespace weft::losses {

// The last dim. REQUIRES: rank >= 1.
const Dim& LastDim(const TensorType& type);

// InvalidArgument unless y_pred is of floats and has at least `rank` dims.
absl::Status CheckPrediction(const TensorType& y_pred, int rank);

// The same of one number per class; InvalidArgument too where there is a single class.
absl::Status CheckClasses(const TensorType& y_pred);

// Whether the targets have the shape of y_pred, up to a last axis of size 1 that one of them lacks.
bool SameUpToLastOne(const TensorType& y_pred, const TensorType& y_true);

// The first position (row-major) whose value `ok` refuses, and that value; -1 if there is none.
int64_t FindValue(const TensorView& y_true, absl::FunctionRef<bool(double)> ok, double* value);

// "sample 17 has the target -1": for the message about a refused value at position `flat`.
std::string DescribeValue(const TensorView& y_true, int64_t flat, double value);

}  // namespace weft::losses

#endif  // WEFT_MODELS_LOSSES_TARGETS_H_
