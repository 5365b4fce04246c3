#include "ops/random/f32_kernels_body.h"

namespace weft {

UniformF32 UniformF32Baseline() { return Uniform<simd::Baseline>; }

}  // namespace weft
