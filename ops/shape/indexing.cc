#include "ops/shape/indexing.h"

#include <algorithm>

#include "core/status.h"

namespace weft {

absl::StatusOr<int64_t> NormalizeAxis(int64_t axis, int rank) {
  if (axis < -rank || axis >= rank) {
    return InvalidArgument("axis ", axis, " is out of range: expected an axis in [", -rank, ", ", rank,
                           ") for an operand of ", rank, " dimensions");
  }
  return axis < 0 ? axis + rank : axis;
}

absl::StatusOr<std::vector<int64_t>> NormalizeAxes(absl::Span<const int> axes, int rank) {
  std::vector<int64_t> result;
  if (axes.empty()) {
    for (int i = 0; i < rank; ++i) result.push_back(i);
    return result;
  }
  for (int axis : axes) {
    WEFT_ASSIGN_OR_RETURN(int64_t normal, NormalizeAxis(axis, rank));
    result.push_back(normal);
  }
  std::sort(result.begin(), result.end());
  auto twice = std::adjacent_find(result.begin(), result.end());
  if (twice != result.end()) return InvalidArgument("axis ", *twice, " is given twice: expected distinct axes");
  return result;
}

absl::Status CheckAxis(int64_t axis, int rank) {
  if (axis >= 0 && axis < rank) return absl::OkStatus();
  return InvalidArgument("expected an axis in [0, ", rank, ") for an operand of ", rank, " dimensions, got ", axis);
}

Dims RowMajorStrides(absl::Span<const int64_t> dims) {
  Dims strides(dims.size());
  int64_t stride = 1;
  for (size_t i = dims.size(); i-- > 0;) {
    strides[i] = stride;
    stride *= dims[i];
  }
  return strides;
}

int64_t FlatIndex(absl::Span<const int64_t> dims, absl::Span<const int64_t> index) {
  int64_t flat = 0;
  for (size_t i = 0; i < dims.size(); ++i) flat = flat * dims[i] + index[i];
  return flat;
}

void ForEachIndex(absl::Span<const int64_t> dims, absl::FunctionRef<void(int64_t flat, const Dims& index)> f) {
  const int64_t n = NumElements(dims);
  Dims index(dims.size(), 0);
  for (int64_t flat = 0; flat < n; ++flat) {
    f(flat, index);
    for (size_t i = dims.size(); i-- > 0;) {
      if (++index[i] < dims[i]) break;
      index[i] = 0;
    }
  }
}

AxisView ViewAround(absl::Span<const int64_t> dims, int64_t axis) {
  AxisView view;
  for (size_t i = 0; i < dims.size(); ++i) {
    int64_t& part = static_cast<int64_t>(i) < axis    ? view.outer
                    : static_cast<int64_t>(i) == axis ? view.size
                                                      : view.inner;
    part *= dims[i];
  }
  return view;
}

}  // namespace weft
