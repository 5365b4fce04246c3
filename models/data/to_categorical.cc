#include "models/data/to_categorical.h"

#include <algorithm>
#include <cmath>

#include "core/status.h"

namespace weft {

absl::StatusOr<Tensor> ToCategorical(const Tensor& labels, int64_t num_classes) {
  if (labels.rank() == 0 || labels.rank() > 2 || (labels.rank() == 2 && labels.dims()[1] != 1)) {
    return InvalidArgument("ToCategorical: expected labels of dims [n] or [n,1], got ", DimsToString(labels.dims()));
  }
  const int64_t n = labels.num_elements();
  int64_t largest = -1;
  for (int64_t i = 0; i < n; ++i) {
    double value = labels.AtDouble(i);
    if (!(value >= 0) || value != std::floor(value) || value > 1e9) {
      return InvalidArgument("ToCategorical: label ", value, " of sample ", i, " is not a class index (0, 1, 2 ...)");
    }
    largest = std::max(largest, static_cast<int64_t>(value));
  }
  if (num_classes == 0) num_classes = largest + 1;
  if (num_classes < 1) return InvalidArgument("ToCategorical: expected at least one class, got ", num_classes);
  if (largest >= num_classes) {
    return InvalidArgument("ToCategorical: label ", largest, " does not fit ", num_classes, " classes (0 ... ",
                           num_classes - 1, ")");
  }
  WEFT_ASSIGN_OR_RETURN(Tensor result, Tensor::Create(DType::kFloat32, {n, num_classes}));
  absl::Span<float> data = result.mutable_data<float>();
  for (int64_t i = 0; i < n; ++i) data[i * num_classes + static_cast<int64_t>(labels.AtDouble(i))] = 1.0f;
  return result;
}

}  // namespace weft
