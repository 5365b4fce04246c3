// The bodies of f32_kernels.h, over an instruction set. Included by the files of the instruction sets only.
#ifndef WEFT_OPS_SOFTMAX_F32_KERNELS_BODY_H_
#define WEFT_OPS_SOFTMAX_F32_KERNELS_BODY_H_

#include "core/simd/math.h"
#include "core/simd/sum.h"
#include "core/simd/vec.h"
#include "ops/softmax/f32_kernels.h"

namespace weft {

// The sum of exp(x - m); kStore: the terms go to out, which may be x.
template <class Arch, bool kStore>
WEFT_SIMD_INLINE float SumOfExp(const float* x, int64_t n, float m, float* out) {
  using V = simd::F32<Arch>;
  const V max = V::Broadcast(m), absent = V::Broadcast(-0.0f);
  simd::Lanes64<Arch> sum = simd::Lanes64<Arch>::Fill(-0.0f);
  simd::internal::WalkRow<Arch>(
      n,
      [&](int k, int64_t i) __attribute__((always_inline)) {
        const V e = simd::Exp(simd::Sub(V::Load(x + i), max));
        if (kStore) e.Store(out + i);
        sum.Add(k, e);
      },
      [&](int k, int64_t i, int64_t part) __attribute__((always_inline)) {
        const V e = simd::Exp(simd::Sub(V::LoadN(x + i, part), max));
        if (kStore) e.StoreN(out + i, part);
        sum.Add(k, simd::Select(simd::FirstN<Arch>(part), e, absent));
      });
  return sum.Sum();
}

// out[i] = f(x[i])
template <class Arch, class F>
WEFT_SIMD_INLINE void MapRow(const float* x, int64_t n, float* out, F f) {
  using V = simd::F32<Arch>;
  int64_t i = 0;
  for (; i + Arch::kLanes <= n; i += Arch::kLanes) f(V::Load(x + i)).Store(out + i);
  if (i < n) f(V::LoadN(x + i, n - i)).StoreN(out + i, n - i);
}

template <class Arch>
void SoftmaxRows(const float* x, int64_t rows, int64_t n, float* out) {
  using V = simd::F32<Arch>;
  for (int64_t r = 0; r < rows; ++r, x += n, out += n) {
    const V sum = V::Broadcast(SumOfExp<Arch, true>(x, n, simd::MaxRow<Arch>(x, n), out));
    MapRow<Arch>(
        out, n, out, [&](V e) __attribute__((always_inline)) { return simd::Div(e, sum); });
  }
}

template <class Arch>
void LogSumRows(const float* x, int64_t rows, int64_t n, float* max, float* log_sum) {
  for (int64_t r = 0; r < rows; ++r) {
    max[r] = simd::MaxRow<Arch>(x + r * n, n);
    log_sum[r] = SumOfExp<Arch, false>(x + r * n, n, max[r], nullptr);
  }
  MapRow<Arch>(
      log_sum, rows, log_sum, [](simd::F32<Arch> s) __attribute__((always_inline)) { return simd::Log(s); });
}

template <class Arch>
void LogSoftmaxRows(const float* x, int64_t rows, int64_t n, float* out) {
  using V = simd::F32<Arch>;
  constexpr int64_t kBlock = 64;  // rows whose logarithms are taken together
  float max[kBlock], log_sum[kBlock];
  for (int64_t begin = 0; begin < rows; begin += kBlock) {
    const int64_t block = rows - begin < kBlock ? rows - begin : kBlock;
    LogSumRows<Arch>(x + begin * n, block, n, max, log_sum);
    for (int64_t r = 0; r < block; ++r) {
      const V m = V::Broadcast(max[r]), s = V::Broadcast(log_sum[r]);
      const int64_t at = (begin + r) * n;
      MapRow<Arch>(
          x + at, n, out + at, [&](V v) __attribute__((always_inline)) { return simd::Sub(simd::Sub(v, m), s); });
    }
  }
}

template <class Arch>
void CrossEntropyRows(const float* x, const float* p, int64_t rows, int64_t n, const float* max, const float* log_sum,
                      float* out) {
  using V = simd::F32<Arch>;
  for (int64_t r = 0; r < rows; ++r, x += n, p += n) {
    const V m = V::Broadcast(max[r]), s = V::Broadcast(log_sum[r]);
    simd::Lanes64<Arch> sum = simd::Lanes64<Arch>::Fill(-0.0f);
    simd::internal::WalkRow<Arch>(
        n,
        [&](int k, int64_t i)
            __attribute__((always_inline)) { sum.Fma(k, V::Load(p + i), simd::Sub(s, simd::Sub(V::Load(x + i), m))); },
        [&](int k, int64_t i, int64_t part) __attribute__((always_inline)) {
          const V t = simd::Fma(V::LoadN(p + i, part), simd::Sub(s, simd::Sub(V::LoadN(x + i, part), m)), sum.v[k]);
          sum.v[k] = simd::Select(simd::FirstN<Arch>(part), t, sum.v[k]);
        });
    out[r] = n == 0 ? 0.0f : sum.Sum();
  }
}

template <class Arch>
const SoftmaxF32& SoftmaxF32Table() {
  static constexpr SoftmaxF32 kTable = {SoftmaxRows<Arch>, LogSoftmaxRows<Arch>, LogSumRows<Arch>,
                                        CrossEntropyRows<Arch>};
  return kTable;
}

}  // namespace weft

#endif  // WEFT_OPS_SOFTMAX_F32_KERNELS_BODY_H_
