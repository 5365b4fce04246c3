#include "ops/reduce/f32_kernels_body.h"

namespace weft {

const ReduceF32* ReduceF32Baseline() { return ReduceF32Table<simd::Baseline>(); }

}  // namespace weft
