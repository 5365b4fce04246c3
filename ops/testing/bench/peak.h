// What the machine's multiply-add units give: the limit that products are measured against.
#ifndef WEFT_OPS_TESTING_BENCH_PEAK_H_
#define WEFT_OPS_TESTING_BENCH_PEAK_H_

#include <cstdint>

namespace weft {

// Runs `rounds` rounds of independent multiply-adds in registers; returns the floating-point operations done. `sink`
// makes the result used.
using PeakFn = int64_t (*)(int64_t rounds, float* sink);
PeakFn PeakBaseline();
PeakFn PeakAvx2();
PeakFn PeakAvx512();

}  // namespace weft

#endif  // WEFT_OPS_TESTING_BENCH_PEAK_H_
