// IDX, the format of the MNIST files: big-endian magic 0x00000803 (images: count, rows, columns) or 0x00000801 (labels:
// count), then bytes.
#ifndef WEFT_MODELS_DATA_IDX_H_
#define WEFT_MODELS_DATA_IDX_H_

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "core/tensor.h"

namespace weft {

// uint8 [count, rows, columns]. `name` is for errors, which say what was expected and what is there.
absl::StatusOr<Tensor> ParseIdxImages(absl::string_view bytes, absl::string_view name);
// uint8 [count]; a label above `max_label` is an error.
absl::StatusOr<Tensor> ParseIdxLabels(absl::string_view bytes, absl::string_view name, int max_label = 9);

// From files, gzipped or not.
absl::StatusOr<Tensor> ReadIdxImages(absl::string_view path);
absl::StatusOr<Tensor> ReadIdxLabels(absl::string_view path, int max_label = 9);

}  // namespace weft

#endif  // WEFT_MODELS_DATA_IDX_H_
