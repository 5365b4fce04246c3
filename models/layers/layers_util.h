// What several layers check.
#ifndef WEFT_MODELS_LAYERS_LAYERS_UTIL_H_
#define WEFT_MODELS_LAYERS_LAYERS_UTIL_H_

#include "absl/status/status.h"
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

}  // namespace weft

#endif  // WEFT_MODELS_LAYERS_LAYERS_UTIL_H_
