// Shared pieces of the elementary functions (math.h). Not for kernels.
#ifndef WEFT_CORE_SIMD_MATH_UTIL_H_
#define WEFT_CORE_SIMD_MATH_UTIL_H_

#include <cstdint>

#include "core/simd/vec.h"

namespace weft::simd::internal {

// Not `inline`: that would make weak symbols whose names lack the instruction set.
constexpr float kInf = __builtin_inff();
constexpr float kNan = __builtin_nanf("");
constexpr float kMinNormal = 1.17549435e-38f;  // 2^-126

template <class Arch>
WEFT_SIMD_INLINE F32<Arch> Const(float x) {
  return F32<Arch>::Broadcast(x);
}

// (..((p * x + c0) * x + c1) * x + ...), each step one FMA.
template <class Arch>
WEFT_SIMD_INLINE F32<Arch> Horner(F32<Arch> p, F32<Arch> /*x*/) {
  return p;
}
template <class Arch, class... Rest>
WEFT_SIMD_INLINE F32<Arch> Horner(F32<Arch> p, F32<Arch> x, float c, Rest... rest) {
  return Horner(Fma(p, x, Const<Arch>(c)), x, rest...);
}

// The polynomial with the given coefficients, highest power first.
template <class Arch, class... Rest>
WEFT_SIMD_INLINE F32<Arch> Poly(F32<Arch> x, float highest, Rest... rest) {
  return Horner(Const<Arch>(highest), x, rest...);
}

// x within bounds; NaN stays NaN.
template <class Arch>
WEFT_SIMD_INLINE F32<Arch> AtMost(float bound, F32<Arch> x) {
  return HwMin(Const<Arch>(bound), x);
}
template <class Arch>
WEFT_SIMD_INLINE F32<Arch> AtLeast(float bound, F32<Arch> x) {
  return HwMax(Const<Arch>(bound), x);
}

}  // namespace weft::simd::internal

#endif  // WEFT_CORE_SIMD_MATH_UTIL_H_
