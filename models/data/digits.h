// Digits drawn by the program itself, for machines without data and network: strokes under a random affine and elastic
// distortion, of random thickness, with noise. Deterministic: digit i of a seed is always the same image. Hard enough
// that a linear model does not do.
#ifndef WEFT_MODELS_DATA_DIGITS_H_
#define WEFT_MODELS_DATA_DIGITS_H_

#include <cstdint>

#include "absl/status/statusor.h"
#include "core/tensor.h"

namespace weft {

struct Digits {
  Tensor images;  // uint8 [count, 28, 28]
  Tensor labels;  // uint8 [count], 0 ... 9
};

absl::StatusOr<Digits> DrawDigits(int64_t count, uint64_t seed);

}  // namespace weft

#endif  // WEFT_MODELS_DATA_DIGITS_H_
