// Elementary functions of float32 vectors, with the same bits on every instruction set.
//
// CONTRACT
//   template <class Arch> F32<Arch> F(F32<Arch> x)
//     for Exp Expm1 Log Log1p Tanh Sigmoid Softplus Erf Erfinv Sin Cos Rsqrt
//   template <class Arch> F32<Arch> F(F32<Arch> x, F32<Arch> y)
//     for Pow Mod Fmod
//   Always inlined. A lane of the result depends on the same lane of the operands and on MXCSR only. Each function is a
//   fixed sequence of the IEEE operations and FMAs of vec.h, so that its bits are the same on Avx512, Avx2 and
//   Baseline, in either setting of FTZ | DAZ (which NaN it is, excepted). Sin, Cos, Mod and Fmod leave the vector path
//   for single lanes far out, without effect on the others; the rest has no branches.
//
// ERROR, in ulps of the exact result: promised, and tested; then measured, over all or every 16th float where the
// function is neither trivial nor saturated
//   Exp     1.0  0.90      Tanh     1.5  1.41     Sin    2.0  1.50
//   Expm1   1.5  1.24      Sigmoid  2.0  1.70     Cos    2.0  1.50
//   Log     1.0  0.93      Softplus 2.0  1.66     Rsqrt  1.0  0.994
//   Log1p   1.5  1.27      Erf      1.5  1.04     Pow    2.0  1.73 (3e7 pairs)
//   Mod, Fmod  exact       Erfinv   3.0  2.31
//
// SPEED, elements per nanosecond in L1 on one core of a Sapphire Rapids, AVX-512 and AVX2 (`measure speed`):
//   Exp     5.1  2.2       Sigmoid  3.2  2.3      Log    3.5  1.4
//   Tanh    2.3  1.5       Erf      2.2  1.2      Rsqrt  4.3  1.7      Sin  3.4  1.8      Pow  0.6  0.3
//
// SPECIALS
//   A NaN operand gives NaN, except Pow(1, NaN) = Pow(NaN, 0) = 1. Zeros keep their sign in Expm1, Log1p, Tanh, Erf,
//   Erfinv and Sin.
//   Exp        -inf: 0. Overflows to inf above 88.7228, denormal below -87.3365, 0 below -103.97.
//   Expm1      -inf: -1.
//   Log        +-0: -inf; < 0: NaN.
//   Log1p      -1: -inf; < -1: NaN.
//   Tanh, Erf  +-inf: +-1.
//   Erfinv     +-1: +-inf; beyond: NaN.
//   Sigmoid    -inf: 0; inf: 1.
//   Softplus   log(1 + exp(x)). -inf: 0; inf: inf.
//   Sin, Cos   +-inf: NaN; otherwise accurate argument reduction up to FLT_MAX.
//   Rsqrt      1 / sqrt(x). +-0: +-inf; inf: 0; < 0: NaN.
//   Pow        C99 annex F: Pow(x, +-0) = Pow(1, y) = Pow(-1, +-inf) = 1; x < 0 needs an integral y, else NaN; ...
//   Fmod       C's fmod, the sign of x. y = 0 or x infinite: NaN; y infinite: x.
//   Mod        Python's %: Fmod, plus y (one rounding) if the signs differ; a zero has the sign of y.
//
// DENORMALS
//   With FTZ a result below 2^-126 may be a zero of its sign, with DAZ a denormal operand counts as zero; without them
//   denormals are computed like any other number.
//
// SOURCES
//   Coefficients: our own. Each is a minimax fit by the Remez exchange on the interval given beside it, for the
//   relative error of the function, the coefficients then rounded to float one at a time, from the lowest power up, and
//   the rest refitted each time. Range reductions and the shapes of the formulas of Exp, Expm1, Log, Erf, Erfinv, Sin,
//   Cos and of Pow's double-float logarithm: common ones, for FMA in the form in which N. Juffa described them in
//   forums (NVIDIA developers, Stack Overflow). Payne-Hanek reduction: after Arm's optimized-routines. Sigmoid,
//   Softplus and Rsqrt are derived in place.
#ifndef WEFT_CORE_SIMD_MATH_H_
#define WEFT_CORE_SIMD_MATH_H_

#include "core/simd/math_erf.h"   // IWYU pragma: export
#include "core/simd/math_exp.h"   // IWYU pragma: export
#include "core/simd/math_log.h"   // IWYU pragma: export
#include "core/simd/math_mod.h"   // IWYU pragma: export
#include "core/simd/math_pow.h"   // IWYU pragma: export
#include "core/simd/math_trig.h"  // IWYU pragma: export

#endif  // WEFT_CORE_SIMD_MATH_H_
