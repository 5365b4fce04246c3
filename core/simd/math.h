// Elementary functions of float32 vectors, with the same bits on every instruction set.
//
// CONTRACT
//   template <class Arch> F32<Arch> F(F32<Arch> x)   -- Exp Expm1 Log Log1p Tanh Sigmoid Softplus Erf Erfinv Sin Cos
//   Rsqrt template <class Arch> F32<Arch> F(F32<Arch> x, F32<Arch> y)   -- Pow Mod Fmod Always inlined. A lane of the
//   result depends on the same lane of the operands and on MXCSR only. Each is a fixed sequence of the IEEE operations
//   and FMAs of vec.h, so that its bits are the same on Avx512, Avx2 and Baseline, with and without FTZ | DAZ (which
//   NaN it is, excepted). Exp, Log, Tanh, Sigmoid, Erf, Rsqrt, Expm1, Log1p, Softplus and Erfinv have no branches; Sin,
//   Cos, Mod and Fmod leave the vector path for single lanes far out, without effect on the others.
//
// ERROR, in ulps of the exact result (testing/measure.cc), no more than:
//   Exp 1   Expm1 1.5   Log 1   Log1p 1   Tanh 1.5   Sigmoid 2   Softplus 2   Erf 1   Erfinv 3   Sin 2   Cos 2   Rsqrt
//   1   Pow 1.5 Mod and Fmod are exact.
//
// SPECIALS.  A NaN operand gives NaN, except Pow(1, NaN) = Pow(NaN, 0) = 1. Zeros keep their sign in Expm1, Log1p,
// Tanh, Erf,
//   Erfinv and Sin.
//   Exp        -inf: 0.  Overflows to inf above 88.7228, denormal below -87.3365, 0 below -103.97.
//   Expm1      -inf: -1.        Log    +-0: -inf; < 0: NaN.     Log1p   -1: -inf; < -1: NaN.
//   Tanh, Erf  +-inf: +-1.      Erfinv +-1: +-inf; beyond: NaN.
//   Sigmoid    -inf: 0, inf: 1. Softplus -inf: 0, inf: inf.
//   Sin, Cos   +-inf: NaN; otherwise exact argument reduction up to FLT_MAX.
//   Rsqrt      1 / sqrt(x). +-0: +-inf; inf: 0; < 0: NaN.
//   Pow        C99 annex F: Pow(x, +-0) = Pow(1, y) = 1; x < 0 needs integral y, else NaN; Pow(-1, +-inf) = 1; ...
//   Fmod       C's fmod: exact, the sign of x.  y = 0 or x infinite: NaN; y infinite: x.
//   Mod        Python's %: Fmod, plus y (one rounding) if the signs differ; a zero has the sign of y. So Mod(-1, inf) =
//   inf.
//
// DENORMALS.  With FTZ a result below 2^-126 may be a zero of its sign, with DAZ a denormal operand counts as zero;
// else they
//   are computed like any other number.
//
// SOURCES.  Range reductions and coefficients of Exp, Expm1, Log, Erf, Erfinv, Sin, Cos and of Pow's double-float
// logarithm are
//   those that N. Juffa published (forums of NVIDIA and Stack Overflow, 2-clause BSD), minimax fits for FMA. Tanh's
//   polynomial is our own minimax fit (Remez, coefficients rounded one by one). Sigmoid, Softplus and Rsqrt are derived
//   in place. Payne-Hanek reduction: Arm optimized-routines (MIT).
#ifndef WEFT_CORE_SIMD_MATH_H_
#define WEFT_CORE_SIMD_MATH_H_

#include "core/simd/math_erf.h"   // IWYU pragma: export
#include "core/simd/math_exp.h"   // IWYU pragma: export
#include "core/simd/math_log.h"   // IWYU pragma: export
#include "core/simd/math_mod.h"   // IWYU pragma: export
#include "core/simd/math_pow.h"   // IWYU pragma: export
#include "core/simd/math_trig.h"  // IWYU pragma: export

#endif  // WEFT_CORE_SIMD_MATH_H_
