// Draws the inputs of an OpCase.
#ifndef WEFT_OPS_TESTING_CASE_INPUTS_H_
#define WEFT_OPS_TESTING_CASE_INPUTS_H_

#include <vector>

#include "absl/status/statusor.h"
#include "core/philox.h"
#include "core/tensor.h"
#include "ops/testing/op_case.h"

namespace weft {

// One tensor per input of the case, from the stream. With `widen`, float32 inputs are drawn as float64.
absl::StatusOr<std::vector<Tensor>> DrawInputs(const OpCase& op_case, PhiloxStream& random, bool widen);

// Overwrites about one element in five of the float32 tensors with NaN, infinities, signed zeros, denormals and the
// largest numbers.
void SprinkleSpecialValues(std::vector<Tensor>& inputs, PhiloxStream& random);

// A stream for the case: a failure is reproduced by the case's name and the seed alone.
PhiloxStream StreamOf(const OpCase& op_case, uint64_t seed);

}  // namespace weft

#endif  // WEFT_OPS_TESTING_CASE_INPUTS_H_
