#include "ops/reduce/f32_kernels_body.h"

namespace weft {

const ReduceF32* ReduceF32Avx512() { return ReduceF32Table<simd::Avx512>(); }

}  // namespace weft
