#include "ops/random/f32_kernels_body.h"

namespace weft {

UniformF32 UniformF32Avx2() { return Uniform<simd::Avx2>; }

}  // namespace weft
