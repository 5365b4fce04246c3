// Class indices to one-hot rows, as Keras' to_categorical.
#ifndef WEFT_MODELS_DATA_TO_CATEGORICAL_H_
#define WEFT_MODELS_DATA_TO_CATEGORICAL_H_

#include <cstdint>

#include "absl/status/statusor.h"
#include "core/tensor.h"

namespace weft {

// labels: [n] or [n, 1] of an integer dtype (or floats that hold integers). Result: float32 [n, num_classes].
// num_classes 0: the largest label + 1. InvalidArgument names the first label that is negative, not whole, or too
// large.
absl::StatusOr<Tensor> ToCategorical(const Tensor& labels, int64_t num_classes = 0);

}  // namespace weft

#endif  // WEFT_MODELS_DATA_TO_CATEGORICAL_H_
