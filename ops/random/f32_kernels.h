// Uniform floats from Philox 4x32-10, compiled for each instruction set; the same bits on all of them. No other header
// than this one is shared between those files and the rest of the family: see //ops:isa.bzl.
#ifndef WEFT_OPS_RANDOM_F32_KERNELS_H_
#define WEFT_OPS_RANDOM_F32_KERNELS_H_

#include <cstdint>

namespace weft {

// See random.h.
struct RandomCounter {
  uint64_t key, step;
  uint32_t stream;
};

// out[i - begin] = element i of the stream, for begin <= i < end. REQUIRES: begin is a multiple of 64.
using UniformF32 = void (*)(const RandomCounter& counter, int64_t begin, int64_t end, float* out);

UniformF32 UniformF32Baseline();
UniformF32 UniformF32Avx2();
UniformF32 UniformF32Avx512();

}  // namespace weft

#endif  // WEFT_OPS_RANDOM_F32_KERNELS_H_
