// Float32 softmax over rows of n consecutive elements, compiled for each instruction set; the same bits on all of them.
// No other header than this one is shared between those files and the rest of the family: see //ops:isa.bzl.
#ifndef WEFT_OPS_SOFTMAX_F32_KERNELS_H_
#define WEFT_OPS_SOFTMAX_F32_KERNELS_H_

#include <cstdint>

namespace weft {

struct SoftmaxF32 {
  // out may be x.
  void (*softmax)(const float* x, int64_t rows, int64_t n, float* out);
  void (*log_softmax)(const float* x, int64_t rows, int64_t n, float* out);
  // max[r] = m, log_sum[r] = log(sum_j exp(x_j - m)) of each row.
  void (*log_sum)(const float* x, int64_t rows, int64_t n, float* max, float* log_sum);
  // out[r] = sum_j p_j * (log_sum - (x_j - max)), one FMA each.
  void (*cross_entropy)(const float* x, const float* p, int64_t rows, int64_t n, const float* max, const float* log_sum,
                        float* out);
};

const SoftmaxF32& SoftmaxF32Baseline();
const SoftmaxF32& SoftmaxF32Avx2();
const SoftmaxF32& SoftmaxF32Avx512();

}  // namespace weft

#endif  // WEFT_OPS_SOFTMAX_F32_KERNELS_H_
