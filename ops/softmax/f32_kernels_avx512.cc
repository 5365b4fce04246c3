#include "ops/softmax/f32_kernels_body.h"

namespace weft {

const SoftmaxF32& SoftmaxF32Avx512() { return SoftmaxF32Table<simd::Avx512>(); }

}  // namespace weft
