// Exp, Expm1, Sigmoid and Tanh. Contract, bounds and sources: math.h.
#ifndef WEFT_CORE_SIMD_MATH_EXP_H_
#define WEFT_CORE_SIMD_MATH_EXP_H_

#include <cstdint>

#include "core/simd/math_util.h"
#include "core/simd/vec.h"

namespace weft::simd {

namespace internal {

// x = j * log(2) + f with j integral and |f| <= log(2) / 2. TwoToJ() is 2^(j + kShift), where -127 < j + kShift < 128.
template <class Arch>
struct ExpReduction {
  F32<Arch> j;
  F32<Arch> f_high;  // exact: x - j * log(2)_high
  F32<Arch> low;     // -log(2)_low
  I32<Arch> bits;

  WEFT_SIMD_INLINE F32<Arch> f() const { return Fma(j, low, f_high); }
  WEFT_SIMD_INLINE F32<Arch> TwoToJ() const { return FromBits(ShiftLeft<23>(bits)); }
};

template <int kShift = 0, class Arch>
WEFT_SIMD_INLINE ExpReduction<Arch> ReduceForExp(F32<Arch> x) {
  // Adding 1.5 * 2^23 rounds to an integer; 127 is the exponent's bias.
  const F32<Arch> magic = Const<Arch>(12582912.0f + 127.0f + kShift);
  const F32<Arch> z = Fma(x, Const<Arch>(1.44269504f), magic);
  const F32<Arch> j = Sub(z, magic);
  // log(2)_high has 15 bits, so that j times it is exact.
  return {j, Fma(j, Const<Arch>(-6.93145752e-1f), x), Const<Arch>(-1.42860677e-6f), BitsOf(z)};
}

// q with exp(f) = 1 + f + f^2 * q, |f| <= log(2) / 2. Fitted on [-0.347, 0.347]; error 2^-28.2 of exp(f).
template <class Arch>
WEFT_SIMD_INLINE F32<Arch> ExpTail(F32<Arch> f) {
  return Poly(f, 1.38196058e-3f, 8.36869422e-3f, 4.16682810e-2f, 1.66665211e-1f, 4.99999940e-1f);
}
template <class Arch>
WEFT_SIMD_INLINE F32<Arch> ExpPoly(F32<Arch> f) {
  return Horner(ExpTail(f), f, 1.0f, 1.0f);
}

// exp(x) for -150 * log(2) <= x <= 128.5 * log(2), or NaN.
template <class Arch>
WEFT_SIMD_INLINE F32<Arch> ExpBounded(F32<Arch> x) {
  const ExpReduction<Arch> r = ReduceForExp(x);
  return ScaleByPow2(ExpPoly(r.f()), r.j);
}

// exp(x) for -87 <= x <= 88, or NaN: the result is normal.
template <class Arch>
WEFT_SIMD_INLINE F32<Arch> ExpNormal(F32<Arch> x) {
  const ExpReduction<Arch> r = ReduceForExp(x);
  return Mul(ExpPoly(r.f()), r.TwoToJ());
}

constexpr float kExpLow = -104.5f;  // exp rounds to 0 below
constexpr float kExpHigh = 89.0f;   // exp overflows above

}  // namespace internal

template <class Arch>
WEFT_SIMD_INLINE F32<Arch> Exp(F32<Arch> x) {
  return internal::ExpBounded(internal::AtLeast(internal::kExpLow, internal::AtMost(internal::kExpHigh, x)));
}

template <class Arch>
WEFT_SIMD_INLINE F32<Arch> Expm1(F32<Arch> x) {
  using internal::Const;
  const F32<Arch> bounded = internal::AtLeast(-20.0f, internal::AtMost(internal::kExpHigh, x));
  const internal::ExpReduction<Arch> r = internal::ReduceForExp(bounded);
  const F32<Arch> f = r.f();
  // expm1(f) = f + f^2 * q(f). Fitted on [-0.347, 0.347]; error 2^-31.1 of expm1(f).
  const F32<Arch> q =
      internal::Poly(f, 1.97642570e-4f, 1.39323471e-3f, 8.33354332e-3f, 4.16664928e-2f, 1.66666657e-1f, 0.5f);
  // 2^128 is no float: it is taken as 2^127 * 2.
  const M32<Arch> top = Gt(r.j, Const<Arch>(127.0f));
  const F32<Arch> scale = Select(top, Const<Arch>(1.70141183e38f), r.TwoToJ());
  // 2^j * (f_high + rest) + (2^j - 1), so that the rounding of f does not count.
  const F32<Arch> rest = Fma(q, Mul(f, f), Mul(r.j, r.low));
  const F32<Arch> sum = Fma(scale, rest, Fma(scale, r.f_high, Sub(scale, Const<Arch>(1.0f))));
  return CopySign(Select(top, Add(sum, sum), sum), x);
}

template <class Arch>
WEFT_SIMD_INLINE F32<Arch> Sigmoid(F32<Arch> x) {
  using internal::Const;
  // 1 / (1 + exp(-x)), exp(-x) = 2^j * (1 + t): the denominator is (1 + 2^j) + 2^j * t. What the first sum loses, from
  // j = 24 on, goes with the second term. Both sides of the fraction are scaled by 2^-64, so that the denominator stays
  // finite and the quotient rounds to denormals.
  const F32<Arch> z = internal::AtLeast(-40.0f, internal::AtMost(104.5f, Neg(x)));
  const internal::ExpReduction<Arch> r = internal::ReduceForExp<-64>(z);
  const F32<Arch> f = r.f();
  const F32<Arch> t = Fma(Mul(f, f), internal::ExpTail(f), f);
  const F32<Arch> scale = r.TwoToJ();
  const F32<Arch> unit = Const<Arch>(5.42101086e-20f);  // 2^-64
  const F32<Arch> sum = Add(scale, unit);
  const F32<Arch> lost = Sub(unit, Sub(sum, scale));
  return Div(unit, Add(sum, Fma(scale, t, lost)));
}

template <class Arch>
WEFT_SIMD_INLINE F32<Arch> Tanh(F32<Arch> x) {
  using internal::Const;
  const F32<Arch> one = Const<Arch>(1.0f);
  const F32<Arch> t = Abs(x);
  // x + x^3 * p(x^2), fitted on [0, 0.6], below 0.6; 1 - 2 / (exp(2 |x|) + 1) above, which is 1 from 9.02 on. (One
  // formula for both, by expm1, would be a fifth faster, with 2.4 ulp.)
  const F32<Arch> s = Mul(x, x);
  const F32<Arch> p =
      internal::Poly(s, -5.898016971e-3f, 2.079865336e-2f, -5.378472060e-2f, 1.333193630e-1f, -3.333329856e-1f);
  const F32<Arch> small = Fma(Mul(p, s), t, t);
  const F32<Arch> e = internal::ExpNormal(internal::AtMost(20.0f, Add(t, t)));
  const F32<Arch> large = Sub(one, Div(Const<Arch>(2.0f), Add(e, one)));
  return CopySign(Select(Lt(t, Const<Arch>(0.6f)), small, large), x);
}

}  // namespace weft::simd

#endif  // WEFT_CORE_SIMD_MATH_EXP_H_
