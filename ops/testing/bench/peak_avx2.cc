#include "ops/testing/bench/peak_body.h"

namespace weft {

PeakFn PeakAvx2() { return &RunPeak<simd::Avx2>; }

}  // namespace weft
