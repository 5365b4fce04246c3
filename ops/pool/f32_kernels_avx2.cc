#include "ops/pool/f32_kernels_body.h"

namespace weft {

const PoolF32& PoolF32Avx2() { return PoolF32Table<simd::Avx2>(); }

}  // namespace weft
