#include "models/layers/layers_util.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace weft {

absl::Status WrongNumberOfInputs(absl::string_view expected, size_t received) {
  return InvalidArgument(
      "expected ", expected, ", received ", received,
      received == 1 ? "; in a Sequential a layer has one input, the output of the layer before" : "");
}

absl::Status CheckEpsilon(double epsilon) {
  if (epsilon >= 0 && std::isfinite(epsilon)) return absl::OkStatus();
  return InvalidArgument("epsilon must be a finite number of at least 0, received ", epsilon);
}

absl::Status CheckFinite(absl::string_view option, double value) {
  if (std::isfinite(value)) return absl::OkStatus();
  return InvalidArgument(option, " must be a finite number, received ", value);
}

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
