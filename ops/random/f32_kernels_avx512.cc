#include "ops/random/f32_kernels_body.h"

namespace weft {

UniformF32 UniformF32Avx512() { return Uniform<simd::Avx512>; }

}  // namespace weft
