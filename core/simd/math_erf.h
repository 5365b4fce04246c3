// Erf and Erfinv. Contract, bounds and sources: math.h.
#ifndef WEFT_CORE_SIMD_MATH_ERF_H_
#define WEFT_CORE_SIMD_MATH_ERF_H_

#include "core/simd/math_exp.h"
#include "core/simd/math_log.h"
#include "core/simd/math_util.h"
#include "core/simd/vec.h"

namespace weft::simd {

template <class Arch>
WEFT_SIMD_INLINE F32<Arch> Erf(F32<Arch> x) {
  using internal::Const;
  const F32<Arch> t = internal::AtMost(4.0f, Abs(x));  // erf rounds to 1 from 3.92 on
  const F32<Arch> s = Mul(t, t);
  // Above 1: 1 - exp(-t - t * q(t)). Fitted on [1, 4]; error 2^-28.6 of erf.
  const F32<Arch> high = Fma(Const<Arch>(2.10632963e-4f), t, Const<Arch>(-3.18686944e-3f));
  const F32<Arch> low = Fma(Const<Arch>(2.27982346e-2f), t, Const<Arch>(-1.05115809e-1f));
  const F32<Arch> q = internal::Horner(Fma(high, s, low), t, -6.35831714e-1f, -1.28479972e-1f);
  const F32<Arch> large = Sub(Const<Arch>(1.0f), internal::ExpNormal(Fma(q, t, Neg(t))));
  // Below: t + t * p(t^2). Fitted on [0, 1]; error 2^-29.4 of erf.
  const F32<Arch> p = internal::Poly(s, 7.90196427e-5f, -8.02570023e-4f, 5.19023463e-3f, -2.68549193e-2f,
                                     1.12836152e-1f, -3.76126289e-1f, 1.28379166e-1f);
  const F32<Arch> small = Fma(p, t, t);
  return CopySign(Select(Gt(t, Const<Arch>(1.0f)), large, small), x);
}

template <class Arch>
WEFT_SIMD_INLINE F32<Arch> Erfinv(F32<Arch> x) {
  using internal::Const;
  // x times a polynomial in t = log(1 - x^2), which is -15.94 at the last float below 1.
  const F32<Arch> t = Log(Fnma(x, x, Const<Arch>(1.0f)));
  // Fitted on [-5.5, 0]; error 2^-24.7 of erfinv.
  const F32<Arch> bulk =
      internal::Poly(t, 6.47731291e-9f, 1.68438049e-7f, 1.48037714e-6f, 1.47301660e-6f, -5.19188725e-5f,
                     -1.40029384e-4f, 2.32239813e-3f, 1.15430802e-2f, -2.32014805e-1f, 8.86226892e-1f);
  // Fitted on [-15.943, -5.5], about its middle, where rounded coefficients lose least; error 2^-25.2 of erfinv.
  const F32<Arch> u = Add(t, Const<Arch>(10.5f));
  const F32<Arch> tail =
      internal::Poly(u, 3.63870080e-11f, 4.79564333e-10f, 2.09380491e-9f, -3.56177887e-9f, -3.09965941e-7f,
                     -7.59226214e-6f, -1.55491289e-4f, -3.56245437e-3f, -1.55098706e-1f, 3.07420588f);
  const F32<Arch> r = Mul(x, Select(Lt(t, Const<Arch>(-5.5f)), tail, bulk));
  const F32<Arch> end = CopySign(Const<Arch>(internal::kInf), x);
  return Select(Eq(Abs(x), Const<Arch>(1.0f)), end, r);
}

}  // namespace weft::simd

#endif  // WEFT_CORE_SIMD_MATH_ERF_H_
