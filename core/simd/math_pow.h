// Pow. Contract, bound and source: math.h.
#ifndef WEFT_CORE_SIMD_MATH_POW_H_
#define WEFT_CORE_SIMD_MATH_POW_H_

#include <cstdint>

#include "core/simd/math_exp.h"
#include "core/simd/math_log.h"
#include "core/simd/math_util.h"
#include "core/simd/vec.h"

namespace weft::simd {

namespace internal {

// An unevaluated sum, low at most half an ulp of high.
template <class Arch>
struct DoubleF32 {
  F32<Arch> high;
  F32<Arch> low;
};

// log(x) to about 30 bits (31 where x is far from 1), for finite x > 0.
template <class Arch>
WEFT_SIMD_INLINE DoubleF32<Arch> LogDouble(F32<Arch> x) {
  const F32<Arch> log2_high = Const<Arch>(6.93147182e-1f);
  const F32<Arch> log2_low = Const<Arch>(-1.90465421e-9f);
  const M32<Arch> tiny = Lt(x, Const<Arch>(kMinNormal));
  const F32<Arch> normal = Select(tiny, Mul(x, Const<Arch>(8388608.0f)), x);
  const I32<Arch> e = ExponentAbove(normal, 0.70710678f);
  const F32<Arch> i =
      Fma(ConvertToF32(e), Const<Arch>(1.1920928955078125e-7f), Select(tiny, Const<Arch>(-23.0f), F32<Arch>::Zero()));
  const F32<Arch> mantissa = FromBits(Sub(BitsOf(normal), e));
  // log(mantissa) = 2 atanh(q), q = (mantissa - 1) / (mantissa + 1) as q_high + q_low.
  const F32<Arch> m = Sub(mantissa, Const<Arch>(1.0f));
  const F32<Arch> r = Div(Const<Arch>(1.0f), Add(mantissa, Const<Arch>(1.0f)));
  const F32<Arch> q_high = Mul(r, m);
  const F32<Arch> q_low = Mul(r, Fma(q_high, Neg(m), Fma(q_high, Const<Arch>(-2.0f), m)));
  const F32<Arch> s = Mul(q_high, q_high);
  // atanh(q) = q + q^3 * a(q^2). Fitted on |q| <= 0.17158; error 2^-35.5 of atanh(q).
  const F32<Arch> a = Poly(s, 1.15101270e-1f, 1.42850161e-1f, 1.99998766e-1f, 3.33333343e-1f);
  const F32<Arch> s_low = Fma(q_high, Add(q_low, q_low), Fma(q_high, q_high, Neg(s)));  // q^2 = s + s_low
  const F32<Arch> c = Mul(s, q_high);
  const F32<Arch> c_low = Fma(s, q_low, Fma(s_low, q_high, Fma(s, q_high, Neg(c))));  // q^3 = c + c_low
  const F32<Arch> tail = Fma(a, c, Fma(a, c_low, q_low));
  // 2 atanh(q) + i log(2).
  const F32<Arch> twice = Add(q_high, q_high);
  const F32<Arch> t = Fma(log2_high, i, twice);
  const F32<Arch> t_low = Sub(twice, Fma(Neg(log2_high), i, t));
  const F32<Arch> rest = Fma(log2_low, i, Fma(Const<Arch>(2.0f), tail, t_low));
  const F32<Arch> high = Add(t, rest);
  return {high, Add(Sub(t, high), rest)};
}

// x^y for finite x > 0 and finite y.
template <class Arch>
WEFT_SIMD_INLINE F32<Arch> PowCore(F32<Arch> x, F32<Arch> y) {
  const DoubleF32<Arch> log = LogDouble(x);
  const F32<Arch> product = Mul(log.high, y);
  // Beyond +-150 the result is infinite or 0, and the low part, which may overflow, must not spoil it.
  const M32<Arch> usual = Lt(Abs(product), Const<Arch>(150.0f));
  const F32<Arch> t = AtLeast(-150.0f, AtMost(150.0f, product));
  const F32<Arch> t_low = Select(usual, Fma(log.low, y, Fma(log.high, y, Neg(product))), F32<Arch>::Zero());
  const F32<Arch> sum = Add(t, t_low);
  const F32<Arch> sum_low = Add(Sub(t, sum), t_low);
  const ExpReduction<Arch> r = ReduceForExp(AtLeast(kExpLow, AtMost(kExpHigh, sum)));
  return ScaleByPow2(ExpPoly(Add(r.f(), sum_low)), r.j);
}

}  // namespace internal

template <class Arch>
WEFT_SIMD_INLINE F32<Arch> Pow(F32<Arch> x, F32<Arch> y) {
  using internal::Const;
  const F32<Arch> zero = F32<Arch>::Zero();
  const F32<Arch> one = Const<Arch>(1.0f);
  const F32<Arch> inf = Const<Arch>(internal::kInf);
  const F32<Arch> nan = Const<Arch>(internal::kNan);
  const F32<Arch> t = Abs(x);
  const M32<Arch> y_negative = Lt(y, zero);
  F32<Arch> r = internal::PowCore(t, y);
  r = Select(Eq(t, zero), Select(y_negative, inf, zero), r);
  r = Select(Eq(t, inf), Select(y_negative, zero, inf), r);
  // y infinite: 1 if |x| = 1; else infinite if |x| > 1 and y > 0, or |x| < 1 and y < 0; else 0.
  const F32<Arch> to_inf = Select(Xor(Gt(t, one), y_negative), inf, zero);
  r = Select(Eq(Abs(y), inf), Select(Eq(t, one), one, to_inf), r);
  // x negative: the sign is that of (-1)^y, which has none if y is no integer.
  const F32<Arch> half_y = Mul(y, Const<Arch>(0.5f));
  const M32<Arch> integral = Eq(Trunc(y), y);
  const M32<Arch> odd = And(integral, Ne(Trunc(half_y), half_y));
  const I32<Arch> sign = And(BitsOf(x), BitsOf(Const<Arch>(-0.0f)));
  r = Select(odd, FromBits(Or(BitsOf(r), sign)), r);
  const M32<Arch> finite_negative = And(Lt(x, zero), Lt(t, inf));
  r = Select(And(finite_negative, Not(integral)), nan, r);
  r = Select(Or(IsNan(x), IsNan(y)), nan, r);
  return Select(Or(Eq(y, zero), Eq(x, one)), one, r);
}

}  // namespace weft::simd

#endif  // WEFT_CORE_SIMD_MATH_POW_H_
