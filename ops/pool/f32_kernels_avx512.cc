#include "ops/pool/f32_kernels_body.h"

namespace weft {

const PoolF32& PoolF32Avx512() { return PoolF32Table<simd::Avx512>(); }

}  // namespace weft
