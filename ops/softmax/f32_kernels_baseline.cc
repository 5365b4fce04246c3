#include "ops/softmax/f32_kernels_body.h"

namespace weft {

const SoftmaxF32& SoftmaxF32Baseline() { return SoftmaxF32Table<simd::Baseline>(); }

}  // namespace weft
