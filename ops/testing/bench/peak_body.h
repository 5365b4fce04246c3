// The body of peak.h, over an instruction set. Included by the files of the instruction sets only.
#ifndef WEFT_OPS_TESTING_BENCH_PEAK_BODY_H_
#define WEFT_OPS_TESTING_BENCH_PEAK_BODY_H_

#include "core/simd/vec.h"
#include "ops/testing/bench/peak.h"

namespace weft {

template <class Arch>
int64_t RunPeak(int64_t rounds, float* sink) {
  using V = simd::F32<Arch>;
  constexpr int kChains = 12;
  V chains[kChains];
  WEFT_UNROLL
  for (int i = 0; i < kChains; ++i) chains[i] = V::Broadcast(static_cast<float>(i));
  const V x = V::Broadcast(*sink), y = V::Broadcast(1e-9f);
  for (int64_t r = 0; r < rounds; ++r) {
    WEFT_UNROLL
    for (int i = 0; i < kChains; ++i) chains[i] = Fma(chains[i], x, y);
  }
  WEFT_UNROLL
  for (int i = 1; i < kChains; ++i) chains[0] = Add(chains[0], chains[i]);
  *sink = FirstLane(chains[0]) == 12345 ? 2.0f : 1.0f;
  return rounds * kChains * Arch::kLanes * 2;
}

}  // namespace weft

#endif  // WEFT_OPS_TESTING_BENCH_PEAK_BODY_H_
