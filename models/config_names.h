// Keras' names of element types.
#ifndef WEFT_MODELS_CONFIG_NAMES_H_
#define WEFT_MODELS_CONFIG_NAMES_H_

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "core/dtype.h"

namespace weft {

absl::string_view KerasName(DType dtype);  // "float32", "uint8"
absl::StatusOr<DType> ParseKerasName(absl::string_view name);

}  // namespace weft

#endif  // WEFT_MODELS_CONFIG_NAMES_H_
