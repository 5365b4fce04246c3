// Log, Log1p, Softplus and Rsqrt. Contract, bounds and sources: math.h.
#ifndef WEFT_CORE_SIMD_MATH_LOG_H_
#define WEFT_CORE_SIMD_MATH_LOG_H_

#include <cstdint>

#include "core/simd/math_exp.h"
#include "core/simd/math_util.h"
#include "core/simd/vec.h"

namespace weft::simd {

namespace internal {

// The bits of the power of two 2^e (without bias, that is e << 23) for which x * 2^-e lies in [pivot, 2 * pivot).
template <class Arch>
WEFT_SIMD_INLINE I32<Arch> ExponentAbove(F32<Arch> x, float pivot) {
  const I32<Arch> exponent = I32<Arch>::Broadcast(static_cast<int32_t>(0xff800000u));
  return And(Sub(BitsOf(x), BitsOf(Const<Arch>(pivot))), exponent);
}

// log1p(x) for finite x > -1. The sign of a zero is not kept.
template <class Arch>
WEFT_SIMD_INLINE F32<Arch> Log1pCore(F32<Arch> x) {
  // 1 + x = 2^e * (1 + m), m in [-0.25, 0.5]; m = x * 2^-e + (2^-e - 1) loses nothing of a small x, for which e = 0.
  const I32<Arch> e = ExponentAbove(Add(x, Const<Arch>(1.0f)), 0.75f);
  const F32<Arch> four = FromBits(Sub(BitsOf(Const<Arch>(4.0f)), e));  // 4 * 2^-e is normal for every e
  const F32<Arch> scaled = FromBits(Sub(BitsOf(x), e));
  const F32<Arch> m = Add(scaled, Fma(Const<Arch>(0.25f), four, Const<Arch>(-1.0f)));
  const F32<Arch> e_float = Mul(ConvertToF32(e), Const<Arch>(1.1920928955078125e-7f));
  // m + m^2 * (-1/2 + m * ...), fitted on [-0.25, 0.5]. Even and odd coefficients apart: two short chains.
  const F32<Arch> s = Mul(m, m);
  const F32<Arch> even = Poly(s, -4.597412050e-2f, -1.320614219e-1f, -1.664271504e-1f, -2.500019372e-1f);
  const F32<Arch> odd = Poly(s, 1.058299989e-1f, 1.447535455e-1f, 1.999039352e-1f, 3.333346248e-1f);
  const F32<Arch> p = Fma(Fma(even, m, odd), m, Const<Arch>(-0.5f));
  return Fma(e_float, Const<Arch>(0.693147182f), Fma(p, s, m));
}

}  // namespace internal

template <class Arch>
WEFT_SIMD_INLINE F32<Arch> Log(F32<Arch> x) {
  using internal::Const;
  // Denormals are scaled up; with DAZ they are zeros, and stay so.
  const M32<Arch> tiny = Lt(x, Const<Arch>(internal::kMinNormal));
  const F32<Arch> normal = Select(tiny, Mul(x, Const<Arch>(8388608.0f)), x);
  // x = 2^e * (1 + m), m in [-1/3, 1/3].
  const I32<Arch> e = internal::ExponentAbove(normal, 0.666666667f);
  const F32<Arch> e_float =
      Fma(ConvertToF32(e), Const<Arch>(1.1920928955078125e-7f), Select(tiny, Const<Arch>(-23.0f), F32<Arch>::Zero()));
  const F32<Arch> m = Sub(FromBits(Sub(BitsOf(normal), e)), Const<Arch>(1.0f));
  // m + m^2 * (-1/2 + m * ...), fitted on [-1/3, 1/3]; error 2^-27.6 of log(1 + m).
  const F32<Arch> s = Mul(m, m);
  const F32<Arch> even = internal::Poly(s, -1.26092225e-1f, -1.22537568e-1f, -1.66752070e-1f, -2.49999136e-1f);
  const F32<Arch> odd = internal::Poly(s, 1.40210614e-1f, 1.39963984e-1f, 2.00111464e-1f);
  const F32<Arch> p = internal::Horner(Fma(odd, m, even), m, 3.33332002e-1f, -0.5f);
  return internal::LogSpecials(Fma(e_float, Const<Arch>(0.693147182f), Fma(p, s, m)), x);
}

template <class Arch>
WEFT_SIMD_INLINE F32<Arch> Log1p(F32<Arch> x) {
  using internal::Const;
  const F32<Arch> minus_one = Const<Arch>(-1.0f);
  const F32<Arch> r = internal::Log1pCore(x);
  const F32<Arch> finite = Select(Lt(x, Const<Arch>(internal::kInf)), r, Const<Arch>(internal::kInf));
  const F32<Arch> other = Select(Eq(x, minus_one), Const<Arch>(-internal::kInf), Const<Arch>(internal::kNan));
  return CopySign(Select(Gt(x, minus_one), finite, other), x);
}

template <class Arch>
WEFT_SIMD_INLINE F32<Arch> Softplus(F32<Arch> x) {
  // max(x, 0) + log1p(exp(-|x|)): both terms positive.
  const F32<Arch> e = internal::ExpBounded(internal::AtLeast(internal::kExpLow, Neg(Abs(x))));
  return Add(internal::HwMax(F32<Arch>::Zero(), x), internal::Log1pCore(e));
}

template <class Arch>
WEFT_SIMD_INLINE F32<Arch> Rsqrt(F32<Arch> x) {
  using internal::Const;
  // Denormals are scaled by 2^24, the result then by 2^12; with DAZ they are zeros, and stay so.
  const F32<Arch> one = Const<Arch>(1.0f);
  const M32<Arch> tiny = Lt(x, Const<Arch>(internal::kMinNormal));
  const F32<Arch> a = Select(tiny, Mul(x, Const<Arch>(16777216.0f)), x);
  // Seed within 3.5 %, then twice y += y * (h / 2 + 3 / 8 h^2), h = 1 - a * y^2, which cubes the error.
  F32<Arch> y = FromBits(Sub(I32<Arch>::Broadcast(0x5f3759df), ShiftRight<1>(BitsOf(a))));
  const F32<Arch> half = Const<Arch>(0.5f);
  const F32<Arch> three_eighths = Const<Arch>(0.375f);
  WEFT_UNROLL
  for (int step = 0; step < 2; ++step) {
    const F32<Arch> h = Fnma(Mul(a, y), y, one);
    y = Fma(Mul(y, h), Fma(h, three_eighths, half), y);
  }
  return internal::RsqrtSpecials(Select(tiny, Mul(y, Const<Arch>(4096.0f)), y), x);
}

}  // namespace weft::simd

#endif  // WEFT_CORE_SIMD_MATH_LOG_H_
