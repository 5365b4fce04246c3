#include "ops/testing/bench/peak_body.h"

namespace weft {

PeakFn PeakBaseline() { return &RunPeak<simd::Baseline>; }

}  // namespace weft
