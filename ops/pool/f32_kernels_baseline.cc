#include "ops/pool/f32_kernels_body.h"

namespace weft {

const PoolF32& PoolF32Baseline() { return PoolF32Table<simd::Baseline>(); }

}  // namespace weft
