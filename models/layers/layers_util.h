// What several layers check.
#ifndef WEFT_MODELS_LAYERS_LAYERS_UTIL_H_
#define WEFT_MODELS_LAYERS_LAYERS_UTIL_H_

#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "core/status.h"
#include "core/tensor_type.h"

namespace weft {

inline absl::Status ExpectOneInput(absl::Span<const TensorType> inputs) {
  if (inputs.size() == 1) return absl::OkStatus();
  return InvalidArgument("expected one input, received ", inputs.size());
}

// One input, of floats.
inline absl::Status ExpectOneFloatInput(absl::Span<const TensorType> inputs) {
  WEFT_RETURN_IF_ERROR(ExpectOneInput(inputs));
  if (IsFloat(inputs[0].dtype)) return absl::OkStatus();
  return InvalidArgument("expected an input of floats, received ", inputs[0].ToString(),
                         "; a layer Rescaling({.scale = 1}) in front converts it");
}

// For layers that take several. In a Sequential a layer gets one input, so an error says that.
absl::Status WrongNumberOfInputs(absl::string_view expected, size_t received);

// What is added to a variance before its root: a finite number, at least 0.
absl::Status CheckEpsilon(double epsilon);
// InvalidArgument for infinities and NaN.
absl::Status CheckFinite(absl::string_view option, double value);

// Axes of a sample in ascending order, in [1, rank): negative ones count from the end. InvalidArgument for the batch
// axis, for one given twice, and for none.
absl::StatusOr<std::vector<int>> SampleAxes(absl::Span<const int64_t> axes, const TensorType& input);

// The dims along these axes, in ascending order of the axes: the shape of a weight. They must be known.
absl::StatusOr<Shape> DimsOfAxes(absl::Span<const int64_t> axes, const TensorType& input);

}  // namespace weft

#endif  // WEFT_MODELS_LAYERS_LAYERS_UTIL_H_
