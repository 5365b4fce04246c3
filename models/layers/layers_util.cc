#include "models/layers/layers_util.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace weft {

absl::StatusOr<std::vector<int>> SampleAxes(absl::Span<const int64_t> axes, const TensorType& input) {
  const std::string what = absl::StrCat("axis [", absl::StrJoin(axes, ","), "] of the input ", input.ToString());
  if (axes.empty()) return InvalidArgument("expected at least one axis, received none");
  std::vector<int> normal;
  for (int64_t axis : axes) {
    if (axis < -input.rank() || axis >= input.rank()) {
      return InvalidArgument(what, ": ", axis, " is not in [", -input.rank(), ", ", input.rank(), ")");
    }
    normal.push_back(static_cast<int>(axis < 0 ? axis + input.rank() : axis));
    if (normal.back() == 0) return InvalidArgument(what, ": ", axis, " is the batch axis");
  }
  std::sort(normal.begin(), normal.end());
  if (std::adjacent_find(normal.begin(), normal.end()) != normal.end()) {
    return InvalidArgument(what, ": an axis is given twice");
  }
  return normal;
}

absl::StatusOr<Shape> DimsOfAxes(absl::Span<const int64_t> axes, const TensorType& input) {
  WEFT_ASSIGN_OR_RETURN(const std::vector<int> normal, SampleAxes(axes, input));
  Shape shape;
  for (int axis : normal) {
    if (!input.shape[axis].is_constant()) {
      return InvalidArgument("axis ", axis, " of the input must have a known size, for the weights; received ",
                             input.ToString());
    }
    shape.push_back(input.shape[axis]);
  }
  return shape;
}

}  // namespace weft
