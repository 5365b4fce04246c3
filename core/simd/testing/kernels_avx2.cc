#include "core/simd/testing/kernels.inc.h"

namespace weft::simd::testing {
static_assert(A::kLanes == Avx2::kLanes, "compile with the flags of avx2");
const Kernels& Avx2Kernels() { return kKernels; }
}  // namespace weft::simd::testing
