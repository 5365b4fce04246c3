#include "core/simd/testing/kernels.inc.h"

namespace weft::simd::testing {
static_assert(A::kLanes == Baseline::kLanes, "compile with the flags of baseline");
const Kernels& BaselineKernels() { return kKernels; }
}  // namespace weft::simd::testing
