// Float32 reductions, compiled for each instruction set; the same bits on all of them. No other header than this one is
// shared between those files and the rest of the family: see //ops:isa.bzl.
#ifndef WEFT_OPS_REDUCE_F32_KERNELS_H_
#define WEFT_OPS_REDUCE_F32_KERNELS_H_

#include <cstdint>

namespace weft {

enum class Reduction : uint8_t { kSum, kProd, kMax, kMin };

// Positions of a chunk where the vector lanes run across the results.
inline constexpr int64_t kReduceChunk = 256;

struct ReduceF32 {
  // out[r] = x[r * n] ... x[r * n + n - 1] joined by the rule of lanes.
  void (*rows)(const float* x, int64_t rows, int64_t n, float* out);
  // out[c] = x[c], x[stride + c] ... x[(n - 1) * stride + c] joined by the rule of chunks, for c < columns.
  void (*columns)(const float* x, int64_t n, int64_t stride, int64_t columns, float* out);
};

// One entry per Reduction.
const ReduceF32* ReduceF32Baseline();
const ReduceF32* ReduceF32Avx2();
const ReduceF32* ReduceF32Avx512();

}  // namespace weft

#endif  // WEFT_OPS_REDUCE_F32_KERNELS_H_
