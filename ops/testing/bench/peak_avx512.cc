#include "ops/testing/bench/peak_body.h"

namespace weft {

PeakFn PeakAvx512() { return &RunPeak<simd::Avx512>; }

}  // namespace weft
