#include "models/losses/targets.h"

#include <cstring>

#include "absl/strings/str_cat.h"
#include "core/status.h"

namespace weft::losses {

const Dim& LastDim(const TensorType& type) { return type.shape[type.rank() - 1]; }

absl::Status CheckPrediction(const TensorType& y_pred, int rank) {
  if (IsFloat(y_pred.dtype) && y_pred.rank() >= rank) return absl::OkStatus();
  return InvalidArgument("expected an output of floats with at least ", rank, rank == 1 ? " dim" : " dims",
                         ", received ", y_pred.ToString());
}

absl::Status CheckClasses(const TensorType& y_pred) {
  WEFT_RETURN_IF_ERROR(CheckPrediction(y_pred, 1));
  if (LastDim(y_pred) != Dim(1)) return absl::OkStatus();
  return InvalidArgument("the model's output ", y_pred.ToString(),
                         " has 1 unit, a single class; for two classes use loss = \"binary_crossentropy\" with a "
                         "sigmoid, or give the last layer one unit per class");
}

bool SameUpToLastOne(const TensorType& y_pred, const TensorType& y_true) {
  if (y_pred.shape == y_true.shape) return true;
  const bool pred_is_longer = y_pred.rank() == y_true.rank() + 1;
  if (!pred_is_longer && y_true.rank() != y_pred.rank() + 1) return false;
  const TensorType& longer = pred_is_longer ? y_pred : y_true;
  const TensorType& shorter = pred_is_longer ? y_true : y_pred;
  if (LastDim(longer) != Dim(1)) return false;
  return longer.shape.dims().subspan(0, shorter.rank()) == shorter.shape.dims();
}

int64_t FindValue(const TensorView& y_true, absl::FunctionRef<bool(double)> ok, double* value) {
  const int64_t n = NumElements(y_true.dims);
  return DispatchDType(y_true.dtype, [&](auto type) -> int64_t {
    using T = decltype(type);
    const char* bytes = static_cast<const char*>(y_true.data);
    for (int64_t i = 0; i < n; ++i) {
      T element;  // the caller's data may have any alignment
      std::memcpy(&element, bytes + i * static_cast<int64_t>(sizeof(T)), sizeof(T));
      *value = static_cast<double>(element);
      if (!ok(*value)) return i;
    }
    return -1;
  });
}

std::string DescribeValue(const TensorView& y_true, int64_t flat, double value) {
  int64_t row = 1;
  for (size_t axis = 1; axis < y_true.dims.size(); ++axis) row *= y_true.dims[axis];
  return absl::StrCat("sample ", row == 0 ? 0 : flat / row, " has the target ", value);
}

}  // namespace weft::losses
