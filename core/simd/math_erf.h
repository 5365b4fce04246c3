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
  const F32<Arch> t = Log(Fnma(x, x, Const<Arch>(1.0f)));
  // A polynomial in log(1 - x^2) for the bulk, another for the tails.
  const F32<Arch> tail =
      internal::Poly(t, 3.03697567e-10f, 2.93243101e-8f, 1.22150334e-6f, 2.84108955e-5f, 3.93552968e-4f, 3.02698812e-3f,
                     4.83185798e-3f, -2.64646143e-1f, 8.40016484e-1f);
  const F32<Arch> bulk =
      internal::Poly(t, 5.43877832e-9f, 1.43286059e-7f, 1.22775396e-6f, 1.12962631e-7f, -5.61531961e-5f,
                     -1.47697705e-4f, 2.31468701e-3f, 1.15392562e-2f, -2.32015476e-1f, 8.86226892e-1f);
  const F32<Arch> r = Mul(x, Select(Gt(Abs(t), Const<Arch>(6.125f)), tail, bulk));
  const F32<Arch> end = CopySign(Const<Arch>(internal::kInf), x);
  return Select(Eq(Abs(x), Const<Arch>(1.0f)), end, r);
}

}  // namespace weft::simd

#endif  // WEFT_CORE_SIMD_MATH_ERF_H_
