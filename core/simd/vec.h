// Vectors of float32 and int32 over an instruction-set tag, with the same bits on every instruction set.
//
// CONTRACT
//   F32<Arch>, I32<Arch>: 16, 8 or 4 lanes (arch.h); M32<Arch>: one truth value per lane, from comparisons. All are
//   values, trivially copyable, uninitialised by default. `Arch` must be TargetArch of this translation unit.
//   Every function is free and always inlined, and works lane by lane unless it says otherwise. A lane of the result
//   depends on that lane's operands and on MXCSR only, and is the same on Avx512, Avx2 and Baseline, bit for bit, in
//   either setting of flush-to-zero and denormals-are-zero (denormals.h). One exception: *which* NaN results (sign and
//   payload) is not promised; that it is a NaN is. The rounding mode must be nearest-even.
//   Compile with -O2 -ffp-contract=off. Add, Sub, Mul, Div and Sqrt are IEEE operations, never contracted.
//
// SPECIALS
//   Fma        one rounding. Hardware on Avx512 and Avx2; Baseline computes in double with round-to-odd (vec_sse2.h).
//   Min, Max   a NaN in either operand gives NaN; -0 < +0. Relu(x) is Max(x, 0).
//   Eq Lt Le Gt Ge  false if an operand is NaN, Ne is true. -0 equals +0.
//   Neg Abs CopySign Select and bit operations touch bits only: NaN and denormals pass.
//   Floor Ceil Trunc RoundHalfEven  exact for every input, the sign of a zero result is that of the operand.
//   ConvertToI32  towards zero; saturates to [-2^31, 2^31 - 1]; NaN gives 0.   ConvertToF32  nearest-even.
//   With DAZ arithmetic, comparisons, rounding, Min and Max take a denormal operand for a zero of its sign.
//
// MEMORY
//   Load and Store need no alignment; LoadAligned and StoreAligned need that of the vector (64, 32, 16 bytes).
//   The ...N forms touch the first n elements only (0 <= n <= kLanes; other n are undefined) and fill the lanes beyond.
//
// WHY NOT XSIMD ALONE
//   F32 and I32 hold an xsimd batch. Loads, stores, arithmetic, Sqrt and integer operations are xsimd's. Its !=, min,
//   max, fma, neg, rounding and conversions differ between instruction sets, so those are
//   intrinsics, in vec_avx512.h, vec_avx2.h and vec_sse2.h. This header includes the one that the flags name.
#ifndef WEFT_CORE_SIMD_VEC_H_
#define WEFT_CORE_SIMD_VEC_H_

#include <immintrin.h>

#include <cstdint>
#include <xsimd/xsimd.hpp>

#include "core/simd/arch.h"

namespace weft::simd {

namespace internal {

template <class Arch>
struct Native;  // Batch tag and mask register of a tag; defined for TargetArch only.

#if defined(WEFT_SIMD_TARGET_AVX512)
template <>
struct Native<Avx512> {
  using Xsimd = xsimd::avx512bw;
  using Mask = __mmask16;
};
#elif defined(WEFT_SIMD_TARGET_AVX2)
template <>
struct Native<Avx2> {
  using Xsimd = xsimd::fma3<xsimd::avx2>;
  using Mask = __m256i;
};
#else
template <>
struct Native<Baseline> {
  using Xsimd = xsimd::sse2;
  using Mask = __m128i;
};
#endif

}  // namespace internal

// One truth value per lane.
template <class Arch>
struct M32 {
  using Register = typename internal::Native<Arch>::Mask;
  static constexpr int kLanes = Arch::kLanes;
  Register m;
};

template <class Arch>
struct I32 {
  using Batch = xsimd::batch<int32_t, typename internal::Native<Arch>::Xsimd>;
  using Register = typename Batch::register_type;
  static constexpr int kLanes = Arch::kLanes;

  static WEFT_SIMD_INLINE I32 Broadcast(int32_t x) { return {Batch::broadcast(x)}; }
  static WEFT_SIMD_INLINE I32 Zero() { return {Batch::broadcast(int32_t{0})}; }
  static WEFT_SIMD_INLINE I32 Load(const int32_t* p) { return {Batch::load_unaligned(p)}; }
  static WEFT_SIMD_INLINE I32 LoadAligned(const int32_t* p) { return {Batch::load_aligned(p)}; }
  WEFT_SIMD_INLINE void Store(int32_t* p) const { v.store_unaligned(p); }
  WEFT_SIMD_INLINE void StoreAligned(int32_t* p) const { v.store_aligned(p); }
  WEFT_SIMD_INLINE Register reg() const { return v; }

  // The first n elements; the other lanes are 0.
  static WEFT_SIMD_INLINE I32 LoadN(const int32_t* p, int64_t n);
  // Writes the first n lanes.
  WEFT_SIMD_INLINE void StoreN(int32_t* p, int64_t n) const;

  Batch v;
};

template <class Arch>
struct F32 {
  using Batch = xsimd::batch<float, typename internal::Native<Arch>::Xsimd>;
  using Register = typename Batch::register_type;
  static constexpr int kLanes = Arch::kLanes;

  static WEFT_SIMD_INLINE F32 Broadcast(float x) { return {Batch::broadcast(x)}; }
  static WEFT_SIMD_INLINE F32 Zero() { return {Batch::broadcast(0.0f)}; }
  static WEFT_SIMD_INLINE F32 Load(const float* p) { return {Batch::load_unaligned(p)}; }
  static WEFT_SIMD_INLINE F32 LoadAligned(const float* p) { return {Batch::load_aligned(p)}; }
  WEFT_SIMD_INLINE void Store(float* p) const { v.store_unaligned(p); }
  WEFT_SIMD_INLINE void StoreAligned(float* p) const { v.store_aligned(p); }
  WEFT_SIMD_INLINE Register reg() const { return v; }

  // The first n elements; the other lanes are `fill`.
  static WEFT_SIMD_INLINE F32 LoadN(const float* p, int64_t n, float fill = 0.0f);
  // Writes the first n lanes.
  WEFT_SIMD_INLINE void StoreN(float* p, int64_t n) const;

  Batch v;
};

// --- arithmetic: xsimd
// ------------------------------------------------------------------------------------------------

template <class Arch>
WEFT_SIMD_INLINE F32<Arch> Add(F32<Arch> a, F32<Arch> b) {
  return {a.v + b.v};
}
template <class Arch>
WEFT_SIMD_INLINE F32<Arch> Sub(F32<Arch> a, F32<Arch> b) {
  return {a.v - b.v};
}
template <class Arch>
WEFT_SIMD_INLINE F32<Arch> Mul(F32<Arch> a, F32<Arch> b) {
  return {a.v * b.v};
}
template <class Arch>
WEFT_SIMD_INLINE F32<Arch> Div(F32<Arch> a, F32<Arch> b) {
  return {a.v / b.v};
}
template <class Arch>
WEFT_SIMD_INLINE F32<Arch> Sqrt(F32<Arch> a) {
  return {xsimd::sqrt(a.v)};
}

template <class Arch>
WEFT_SIMD_INLINE I32<Arch> Add(I32<Arch> a, I32<Arch> b) {
  return {a.v + b.v};  // wraps
}
template <class Arch>
WEFT_SIMD_INLINE I32<Arch> Sub(I32<Arch> a, I32<Arch> b) {
  return {a.v - b.v};  // wraps
}
template <class Arch>
WEFT_SIMD_INLINE I32<Arch> And(I32<Arch> a, I32<Arch> b) {
  return {a.v & b.v};
}
template <class Arch>
WEFT_SIMD_INLINE I32<Arch> Or(I32<Arch> a, I32<Arch> b) {
  return {a.v | b.v};
}
template <class Arch>
WEFT_SIMD_INLINE I32<Arch> Xor(I32<Arch> a, I32<Arch> b) {
  return {a.v ^ b.v};
}

}  // namespace weft::simd

// What xsimd does not give on this instruction set with the bits that we promise. Each defines, for its tag:
//   I32: ShiftLeft<k> ShiftRight<k> (arithmetic) ShiftRightLogical<k>; Eq Gt Lt; Select; LoadN StoreN
//   F32: Fma(a,b,c) = a*b+c, Fnma(a,b,c) = -(a*b)+c; Eq Ne Lt Le Gt Ge IsNan; Select(mask, yes, no); Min Max Relu; Neg
//   Abs
//        CopySign(magnitude, sign); Floor Ceil Trunc RoundHalfEven; LoadN StoreN; SwapLanes<k> (lane i gets lane i ^
//        k); FirstLane
//   M32: And Or Xor Not Any All FirstN<Arch>(n)
//   conversions: ConvertToI32 ConvertToF32 BitsOf FromBits; LoadU8<Arch>(p) LoadU8N<Arch>(p, n) (0..255 as float);
//        LoadBool<Arch>(p) LoadBoolN<Arch>(p, n) (bytes; nonzero is true, absent is false); StoreBool(m, p)
//        StoreBoolN(m, p, n) (bytes 0 and 1)
//   internal: HwMin HwMax (a < b ? a : b, so that NaN in either gives b); NearestI32 (|x| < 2^31 only);
//        ScaleByPow2(p, j): p * 2^j, rounded once, for |p| in [0.5, 4) and integral |j| <= 250;
//        LogSpecials(r, x), RsqrtSpecials(r, x): r, or what the function is at x if x is zero, negative, infinite or
//        NaN
#if defined(WEFT_SIMD_TARGET_AVX512)
#include "core/simd/vec_avx512.h"  // IWYU pragma: export
#elif defined(WEFT_SIMD_TARGET_AVX2)
#include "core/simd/vec_avx2.h"  // IWYU pragma: export
#else
#include "core/simd/vec_sse2.h"  // IWYU pragma: export
#endif

#endif  // WEFT_CORE_SIMD_VEC_H_
