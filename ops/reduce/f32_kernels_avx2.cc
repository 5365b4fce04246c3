#include "ops/reduce/f32_kernels_body.h"

namespace weft {

const ReduceF32* ReduceF32Avx2() { return ReduceF32Table<simd::Avx2>(); }

}  // namespace weft
