// Reductions of a row of floats in one fixed order, so that the bits do not depend on the width of the vectors.
//
// CONTRACT
//   There are 64 virtual lanes. Element i belongs to lane i mod 64, and a lane takes its elements in ascending order.
//   At the end lane i is joined with lane i + 32 for i < 32, then with i + 16 for i < 16, and so on to one value (lower
//   lane first). Absent elements are the neutral element: -0 for sums (x + -0 is x for every x, -0 included), -inf for
//   Max, +inf for Min. A row of no elements gives +0, -inf and +inf. 64 lanes are four AVX-512 accumulators: enough to
//   hide the latency.
//
//     SumRow(x, n)         x[0] + ... + x[n-1]
//     SumSquaresRow(x, n)  x[i] * x[i], one FMA each, in its lane's chain (which begins at -0)
//     DotRow(a, b, n)      a[i] * b[i], likewise
//     MaxRow, MinRow       a NaN anywhere gives NaN; -0 < +0
//
//   Lanes64<Arch> is the same thing for kernels that compute the elements on the way (softmax: sum of exp(x - max)):
//
//     Lanes64<Arch> sum = Lanes64<Arch>::Fill(-0.0f);
//     int64_t i = 0;
//     for (; i + 64 <= n; i += 64) {
//       WEFT_UNROLL
//       for (int k = 0; k < Lanes64<Arch>::kVectors; ++k) sum.Add(k, f(F32<Arch>::Load(x + i + k * Arch::kLanes)));
//     }
//     for (int k = 0; i < n; i += Arch::kLanes, ++k) {    // the tail: its vector k is virtual lanes k * kLanes ...
//       const int64_t m = RowTail<Arch>(n - i);           // min(n - i, kLanes)
//       sum.Add(k, Select(FirstN<Arch>(m), f(F32<Arch>::LoadN(x + i, m)), Broadcast(-0.0f)));
//     }
//     return sum.Sum();
//
//   x + y of two NaNs aside (vec.h), all is the same on every instruction set, in either setting of FTZ | DAZ.
#ifndef WEFT_CORE_SIMD_SUM_H_
#define WEFT_CORE_SIMD_SUM_H_

#include <cstdint>

#include "core/simd/vec.h"

namespace weft::simd {

template <class Arch>
struct Lanes64 {
  static constexpr int kLanes = 64;
  static constexpr int kVectors = kLanes / Arch::kLanes;

  static WEFT_SIMD_INLINE Lanes64 Fill(float x) {
    Lanes64 r;
    WEFT_UNROLL
    for (int k = 0; k < kVectors; ++k) r.v[k] = F32<Arch>::Broadcast(x);
    return r;
  }

  // Joins x with the virtual lanes of vector k, which are k * Arch::kLanes and the following.
  WEFT_SIMD_INLINE void Add(int k, F32<Arch> x) { v[k] = simd::Add(v[k], x); }
  WEFT_SIMD_INLINE void Max(int k, F32<Arch> x) { v[k] = simd::Max(v[k], x); }
  WEFT_SIMD_INLINE void Min(int k, F32<Arch> x) { v[k] = simd::Min(v[k], x); }
  WEFT_SIMD_INLINE void Fma(int k, F32<Arch> a, F32<Arch> b) { v[k] = simd::Fma(a, b, v[k]); }

  // The halving tree.
  WEFT_SIMD_INLINE float Sum() const {
    return Halve([](F32<Arch> a, F32<Arch> b) __attribute__((always_inline)) { return simd::Add(a, b); });
  }
  WEFT_SIMD_INLINE float Max() const {
    return Halve([](F32<Arch> a, F32<Arch> b) __attribute__((always_inline)) { return simd::Max(a, b); });
  }
  WEFT_SIMD_INLINE float Min() const {
    return Halve([](F32<Arch> a, F32<Arch> b) __attribute__((always_inline)) { return simd::Min(a, b); });
  }

  F32<Arch> v[kVectors];

 private:
  template <class Join>
  WEFT_SIMD_INLINE float Halve(Join join) const {
    F32<Arch> t[kVectors];
    WEFT_UNROLL
    for (int k = 0; k < kVectors; ++k) t[k] = v[k];
    if constexpr (kVectors >= 16) {
      WEFT_UNROLL
      for (int k = 0; k < 8; ++k) t[k] = join(t[k], t[k + 8]);
    }
    if constexpr (kVectors >= 8) {
      WEFT_UNROLL
      for (int k = 0; k < 4; ++k) t[k] = join(t[k], t[k + 4]);
    }
    t[0] = join(t[0], t[2]);
    t[1] = join(t[1], t[3]);
    return HalveVector(join(t[0], t[1]), join);
  }

 public:
  // The rest of the tree, within one vector. Each lane is joined with its partner; only the lower one's result counts.
  template <class Join>
  static WEFT_SIMD_INLINE float HalveVector(F32<Arch> x, Join join) {
    if constexpr (Arch::kLanes >= 16) x = join(x, SwapLanes<8>(x));
    if constexpr (Arch::kLanes >= 8) x = join(x, SwapLanes<4>(x));
    x = join(x, SwapLanes<2>(x));
    x = join(x, SwapLanes<1>(x));
    return FirstLane(x);
  }
};

// How many of the `left` > 0 elements of a row the next vector takes.
template <class Arch>
WEFT_SIMD_INLINE int64_t RowTail(int64_t left) {
  return left < Arch::kLanes ? left : Arch::kLanes;
}

namespace internal {

// full(k, i): joins the whole vector at element i into vector k; part(k, i, m): the first m elements there.
template <class Arch, class Full, class Part>
WEFT_SIMD_INLINE void WalkRow(int64_t n, Full full, Part part) {
  int64_t i = 0;
  for (; i + 64 <= n; i += 64) {
    WEFT_UNROLL
    for (int k = 0; k < Lanes64<Arch>::kVectors; ++k) full(k, i + k * Arch::kLanes);
  }
  // Constant subscripts keep the accumulators in registers.
  WEFT_UNROLL
  for (int k = 0; k < Lanes64<Arch>::kVectors; ++k) {
    const int64_t left = n - i - k * Arch::kLanes;
    if (left >= Arch::kLanes) {
      full(k, i + k * Arch::kLanes);
    } else if (left > 0) {
      part(k, i + k * Arch::kLanes, left);
    }
  }
}

}  // namespace internal

template <class Arch>
WEFT_SIMD_INLINE float SumRow(const float* x, int64_t n) {
  if (n == 0) return 0.0f;
  Lanes64<Arch> sum = Lanes64<Arch>::Fill(-0.0f);
  internal::WalkRow<Arch>(
      n, [&](int k, int64_t i) __attribute__((always_inline)) { sum.Add(k, F32<Arch>::Load(x + i)); },
      [&](int k, int64_t i, int64_t m)
          __attribute__((always_inline)) { sum.Add(k, F32<Arch>::LoadN(x + i, m, -0.0f)); });
  return sum.Sum();
}

template <class Arch>
WEFT_SIMD_INLINE float MaxRow(const float* x, int64_t n) {
  const float identity = -__builtin_inff();
  Lanes64<Arch> max = Lanes64<Arch>::Fill(identity);
  internal::WalkRow<Arch>(
      n, [&](int k, int64_t i) __attribute__((always_inline)) { max.Max(k, F32<Arch>::Load(x + i)); },
      [&](int k, int64_t i, int64_t m)
          __attribute__((always_inline)) { max.Max(k, F32<Arch>::LoadN(x + i, m, identity)); });
  return max.Max();
}

template <class Arch>
WEFT_SIMD_INLINE float MinRow(const float* x, int64_t n) {
  const float identity = __builtin_inff();
  Lanes64<Arch> min = Lanes64<Arch>::Fill(identity);
  internal::WalkRow<Arch>(
      n, [&](int k, int64_t i) __attribute__((always_inline)) { min.Min(k, F32<Arch>::Load(x + i)); },
      [&](int k, int64_t i, int64_t m)
          __attribute__((always_inline)) { min.Min(k, F32<Arch>::LoadN(x + i, m, identity)); });
  return min.Min();
}

template <class Arch>
WEFT_SIMD_INLINE float DotRow(const float* a, const float* b, int64_t n) {
  if (n == 0) return 0.0f;
  Lanes64<Arch> sum = Lanes64<Arch>::Fill(-0.0f);
  // An absent element is -0 * +0 = -0.
  internal::WalkRow<Arch>(
      n,
      [&](int k, int64_t i)
          __attribute__((always_inline)) { sum.Fma(k, F32<Arch>::Load(a + i), F32<Arch>::Load(b + i)); },
      [&](int k, int64_t i, int64_t m) __attribute__((always_inline)) {
        sum.Fma(k, F32<Arch>::LoadN(a + i, m, -0.0f), F32<Arch>::LoadN(b + i, m, 0.0f));
      });
  return sum.Sum();
}

template <class Arch>
WEFT_SIMD_INLINE float SumSquaresRow(const float* x, int64_t n) {
  return DotRow<Arch>(x, x, n);
}

}  // namespace weft::simd

#endif  // WEFT_CORE_SIMD_SUM_H_
