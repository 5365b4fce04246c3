// Sin and Cos. Contract, bounds and sources: math.h.
#ifndef WEFT_CORE_SIMD_MATH_TRIG_H_
#define WEFT_CORE_SIMD_MATH_TRIG_H_

#include <cstdint>

#include "core/simd/math_util.h"
#include "core/simd/vec.h"

namespace weft::simd {

namespace internal {

// x = r + quadrant * pi / 2, |r| <= pi / 4 (a little more where rounding decides); the last two bits of quadrant count.
template <class Arch>
struct TrigReduction {
  F32<Arch> r;
  I32<Arch> quadrant;
};

// Payne and Hanek for one finite |x| >= 2^16, in integers: x times those 96 bits of 2 / pi that matter modulo 4. (The
// reduction of Arm's optimized-routines, sincosf.h.) Out of line: rare and long.
template <class Arch>
__attribute__((noinline)) void ReduceHuge(float x, float* r, int32_t* quadrant) {
  static constexpr uint32_t kTwoOverPi[24] = {0x000000a2, 0x0000a2f9, 0x00a2f983, 0xa2f9836e, 0xf9836e4e, 0x836e4e44,
                                              0x6e4e4415, 0x4e441529, 0x441529fc, 0x1529fc27, 0x29fc2757, 0xfc2757d1,
                                              0x2757d1f5, 0x57d1f534, 0xd1f534dd, 0xf534ddc0, 0x34ddc0db, 0xddc0db62,
                                              0xc0db6295, 0xdb629599, 0x6295993c, 0x95993c43, 0x993c4390, 0x3c439041};
  const uint32_t bits = __builtin_bit_cast(uint32_t, x);
  const uint32_t* words = &kTwoOverPi[(bits >> 26) & 15];
  const uint32_t m = ((bits & 0x7fffff) | 0x800000) << ((bits >> 23) & 7);
  const uint64_t high = m * words[0];  // modulo 2^32: whole turns drop out
  const uint64_t middle = static_cast<uint64_t>(m) * words[4];
  const uint64_t low = static_cast<uint64_t>(m) * words[8];
  uint64_t turn = ((high << 32) | (low >> 32)) + middle;  // 2^62 is a quarter turn
  const uint64_t n = (turn + (uint64_t{1} << 61)) >> 62;
  turn -= n << 62;
  const double angle = static_cast<double>(static_cast<int64_t>(turn)) * 0x1.921FB54442D18p-62;
  const bool negative = (bits >> 31) != 0;
  *r = static_cast<float>(negative ? -angle : angle);
  *quadrant = static_cast<int32_t>(negative ? 0 - n : n);
}

template <class Arch>
WEFT_SIMD_INLINE TrigReduction<Arch> ReduceForTrig(F32<Arch> x) {
  // Cody and Waite with three FMAs; pi / 2 is the sum of three floats, the first of 20 bits. Good to |x| < 2^16 at
  // least.
  const F32<Arch> magic = Const<Arch>(12582912.0f);  // 1.5 * 2^23: adding it rounds to an integer
  const F32<Arch> z = Fma(x, Const<Arch>(6.36619747e-1f), magic);
  const F32<Arch> j = Sub(z, magic);
  F32<Arch> r = Fma(j, Const<Arch>(-1.57079601f), x);
  r = Fma(j, Const<Arch>(-3.13916473e-7f), r);
  r = Fma(j, Const<Arch>(-5.39030295e-15f), r);
  TrigReduction<Arch> result{r, BitsOf(z)};
  const F32<Arch> t = Abs(x);
  const M32<Arch> huge = And(Ge(t, Const<Arch>(65536.0f)), Lt(t, Const<Arch>(kInf)));
  if (__builtin_expect(Any(huge), 0)) {
    float xs[Arch::kLanes];
    float rs[Arch::kLanes] = {};
    int32_t quadrants[Arch::kLanes] = {};
    Select(huge, x, F32<Arch>::Zero()).Store(xs);
    for (int i = 0; i < Arch::kLanes; ++i) {
      if (xs[i] != 0.0f) ReduceHuge<Arch>(xs[i], &rs[i], &quadrants[i]);
    }
    result = {Select(huge, F32<Arch>::Load(rs), result.r), Select(huge, I32<Arch>::Load(quadrants), result.quadrant)};
  }
  return result;
}

// sin(r + quadrant * pi / 2).
template <class Arch>
WEFT_SIMD_INLINE F32<Arch> SinOfReduced(F32<Arch> r, I32<Arch> quadrant) {
  // r + r^3 * p(r^2) and 1 - r^2 / 2 + ..., fitted on |r| <= 0.7855; errors 2^-32.5 and 2^-33.0.
  const F32<Arch> s = Mul(r, r);
  const F32<Arch> p = Poly(s, 2.83254872e-6f, -1.98530659e-4f, 8.33337940e-3f, -1.66666672e-1f);
  const F32<Arch> sine = Fma(p, Fma(r, s, F32<Arch>::Zero()), r);  // the added zero keeps -0
  const F32<Arch> cosine = Poly(s, 2.44325765e-5f, -1.38873106e-3f, 4.16666456e-2f, -0.5f, 1.0f);
  const I32<Arch> one = I32<Arch>::Broadcast(1);
  const F32<Arch> value = Select(Eq(And(quadrant, one), one), cosine, sine);
  const I32<Arch> sign = ShiftLeft<31>(ShiftRight<1>(quadrant));
  return FromBits(Xor(BitsOf(value), sign));
}

}  // namespace internal

template <class Arch>
WEFT_SIMD_INLINE F32<Arch> Sin(F32<Arch> x) {
  const internal::TrigReduction<Arch> t = internal::ReduceForTrig(x);
  return internal::SinOfReduced(t.r, t.quadrant);
}

template <class Arch>
WEFT_SIMD_INLINE F32<Arch> Cos(F32<Arch> x) {
  const internal::TrigReduction<Arch> t = internal::ReduceForTrig(x);
  return internal::SinOfReduced(t.r, Add(t.quadrant, I32<Arch>::Broadcast(1)));
}

}  // namespace weft::simd

#endif  // WEFT_CORE_SIMD_MATH_TRIG_H_
