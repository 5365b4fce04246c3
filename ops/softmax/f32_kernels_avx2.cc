#include "ops/softmax/f32_kernels_body.h"

namespace weft {

const SoftmaxF32& SoftmaxF32Avx2() { return SoftmaxF32Table<simd::Avx2>(); }

}  // namespace weft
