#include "core/simd/testing/kernels.inc.h"

namespace weft::simd::testing {
static_assert(A::kLanes == Avx512::kLanes, "compile with the flags of avx512");
const Kernels& Avx512Kernels() { return kKernels; }
}  // namespace weft::simd::testing
