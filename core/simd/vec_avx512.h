// AVX-512 part of vec.h, which is the only file to include this one.
//
// Some intrinsics of g++ 12 begin with an uninitialized register and warn about themselves (GCC bug 105593); here their
// maskz forms with a full mask stand instead, which compile to the same instruction.
#ifndef WEFT_CORE_SIMD_VEC_AVX512_H_
#define WEFT_CORE_SIMD_VEC_AVX512_H_

#include <immintrin.h>

#include <cstdint>

#include "core/simd/vec.h"

namespace weft::simd {

// --- masks
// ------------------------------------------------------------------------------------------------------------

WEFT_SIMD_INLINE M32<Avx512> And(M32<Avx512> a, M32<Avx512> b) { return {static_cast<__mmask16>(a.m & b.m)}; }
WEFT_SIMD_INLINE M32<Avx512> Or(M32<Avx512> a, M32<Avx512> b) { return {static_cast<__mmask16>(a.m | b.m)}; }
WEFT_SIMD_INLINE M32<Avx512> Xor(M32<Avx512> a, M32<Avx512> b) { return {static_cast<__mmask16>(a.m ^ b.m)}; }
WEFT_SIMD_INLINE M32<Avx512> Not(M32<Avx512> a) { return {static_cast<__mmask16>(~a.m)}; }
WEFT_SIMD_INLINE bool Any(M32<Avx512> a) { return a.m != 0; }
WEFT_SIMD_INLINE bool All(M32<Avx512> a) { return a.m == 0xffff; }

namespace internal {
constexpr __mmask16 kAllLanes = 0xffff;
WEFT_SIMD_INLINE __mmask16 TailMask(int64_t n) { return static_cast<__mmask16>((uint32_t{1} << n) - 1); }
}  // namespace internal

// True in the first n lanes.
template <class Arch>
WEFT_SIMD_INLINE M32<Arch> FirstN(int64_t n) {
  return {internal::TailMask(n)};
}

// --- bits
// -------------------------------------------------------------------------------------------------------------

WEFT_SIMD_INLINE I32<Avx512> BitsOf(F32<Avx512> a) { return {_mm512_castps_si512(a.reg())}; }
WEFT_SIMD_INLINE F32<Avx512> FromBits(I32<Avx512> a) { return {_mm512_castsi512_ps(a.reg())}; }

template <int k>
WEFT_SIMD_INLINE I32<Avx512> ShiftLeft(I32<Avx512> a) {
  return {_mm512_slli_epi32(a.reg(), k)};
}
template <int k>
WEFT_SIMD_INLINE I32<Avx512> ShiftRight(I32<Avx512> a) {
  return {_mm512_srai_epi32(a.reg(), k)};
}
template <int k>
WEFT_SIMD_INLINE I32<Avx512> ShiftRightLogical(I32<Avx512> a) {
  return {_mm512_srli_epi32(a.reg(), k)};
}

WEFT_SIMD_INLINE M32<Avx512> Eq(I32<Avx512> a, I32<Avx512> b) { return {_mm512_cmpeq_epi32_mask(a.reg(), b.reg())}; }
WEFT_SIMD_INLINE M32<Avx512> Gt(I32<Avx512> a, I32<Avx512> b) { return {_mm512_cmpgt_epi32_mask(a.reg(), b.reg())}; }
WEFT_SIMD_INLINE M32<Avx512> Lt(I32<Avx512> a, I32<Avx512> b) { return {_mm512_cmplt_epi32_mask(a.reg(), b.reg())}; }
WEFT_SIMD_INLINE I32<Avx512> Select(M32<Avx512> m, I32<Avx512> yes, I32<Avx512> no) {
  return {_mm512_mask_blend_epi32(m.m, no.reg(), yes.reg())};
}

WEFT_SIMD_INLINE F32<Avx512> Neg(F32<Avx512> a) {
  return {_mm512_xor_ps(a.reg(), _mm512_castsi512_ps(_mm512_set1_epi32(INT32_MIN)))};
}
WEFT_SIMD_INLINE F32<Avx512> Abs(F32<Avx512> a) {
  return {_mm512_and_ps(a.reg(), _mm512_castsi512_ps(_mm512_set1_epi32(INT32_MAX)))};
}
WEFT_SIMD_INLINE F32<Avx512> CopySign(F32<Avx512> magnitude, F32<Avx512> sign) {
  // Truth table of c ? a : b, where c is the bit of INT32_MAX.
  return FromBits(
      {_mm512_ternarylogic_epi32(BitsOf(magnitude).reg(), BitsOf(sign).reg(), _mm512_set1_epi32(INT32_MAX), 0xe4)});
}
WEFT_SIMD_INLINE F32<Avx512> Select(M32<Avx512> m, F32<Avx512> yes, F32<Avx512> no) {
  return {_mm512_mask_blend_ps(m.m, no.reg(), yes.reg())};
}

// --- comparisons
// ------------------------------------------------------------------------------------------------------

WEFT_SIMD_INLINE M32<Avx512> Eq(F32<Avx512> a, F32<Avx512> b) {
  return {_mm512_cmp_ps_mask(a.reg(), b.reg(), _CMP_EQ_OQ)};
}
WEFT_SIMD_INLINE M32<Avx512> Ne(F32<Avx512> a, F32<Avx512> b) {
  return {_mm512_cmp_ps_mask(a.reg(), b.reg(), _CMP_NEQ_UQ)};
}
WEFT_SIMD_INLINE M32<Avx512> Lt(F32<Avx512> a, F32<Avx512> b) {
  return {_mm512_cmp_ps_mask(a.reg(), b.reg(), _CMP_LT_OQ)};
}
WEFT_SIMD_INLINE M32<Avx512> Le(F32<Avx512> a, F32<Avx512> b) {
  return {_mm512_cmp_ps_mask(a.reg(), b.reg(), _CMP_LE_OQ)};
}
WEFT_SIMD_INLINE M32<Avx512> Gt(F32<Avx512> a, F32<Avx512> b) { return Lt(b, a); }
WEFT_SIMD_INLINE M32<Avx512> Ge(F32<Avx512> a, F32<Avx512> b) { return Le(b, a); }
WEFT_SIMD_INLINE M32<Avx512> IsNan(F32<Avx512> a) { return {_mm512_cmp_ps_mask(a.reg(), a.reg(), _CMP_UNORD_Q)}; }

// --- arithmetic
// -------------------------------------------------------------------------------------------------------

WEFT_SIMD_INLINE F32<Avx512> Fma(F32<Avx512> a, F32<Avx512> b, F32<Avx512> c) {
  return {_mm512_fmadd_ps(a.reg(), b.reg(), c.reg())};
}
WEFT_SIMD_INLINE F32<Avx512> Fnma(F32<Avx512> a, F32<Avx512> b, F32<Avx512> c) {
  return {_mm512_fnmadd_ps(a.reg(), b.reg(), c.reg())};
}

namespace internal {
WEFT_SIMD_INLINE F32<Avx512> HwMin(F32<Avx512> a, F32<Avx512> b) { return {_mm512_min_ps(a.reg(), b.reg())}; }
WEFT_SIMD_INLINE F32<Avx512> HwMax(F32<Avx512> a, F32<Avx512> b) { return {_mm512_max_ps(a.reg(), b.reg())}; }
// vrangeps orders -0 below +0 and gives the other operand if one is NaN; this puts the NaN back.
WEFT_SIMD_INLINE F32<Avx512> NanFrom(F32<Avx512> r, F32<Avx512> a, F32<Avx512> b) {
  const __mmask16 nan = _mm512_cmp_ps_mask(a.reg(), b.reg(), _CMP_UNORD_Q);
  return {_mm512_mask_add_ps(r.reg(), nan, a.reg(), b.reg())};
}
}  // namespace internal

WEFT_SIMD_INLINE F32<Avx512> Min(F32<Avx512> a, F32<Avx512> b) {
  return internal::NanFrom({_mm512_range_ps(a.reg(), b.reg(), 4)}, a, b);
}
WEFT_SIMD_INLINE F32<Avx512> Max(F32<Avx512> a, F32<Avx512> b) {
  return internal::NanFrom({_mm512_range_ps(a.reg(), b.reg(), 5)}, a, b);
}
WEFT_SIMD_INLINE F32<Avx512> Relu(F32<Avx512> a) {
  const __m512 zero = _mm512_setzero_ps();
  return {_mm512_add_ps(_mm512_max_ps(zero, a.reg()), zero)};  // + 0 makes -0 +0
}

WEFT_SIMD_INLINE F32<Avx512> RoundHalfEven(F32<Avx512> a) { return {_mm512_roundscale_ps(a.reg(), 8)}; }
WEFT_SIMD_INLINE F32<Avx512> Floor(F32<Avx512> a) { return {_mm512_roundscale_ps(a.reg(), 9)}; }
WEFT_SIMD_INLINE F32<Avx512> Ceil(F32<Avx512> a) { return {_mm512_roundscale_ps(a.reg(), 10)}; }
WEFT_SIMD_INLINE F32<Avx512> Trunc(F32<Avx512> a) { return {_mm512_roundscale_ps(a.reg(), 11)}; }

// --- conversions
// ------------------------------------------------------------------------------------------------------

WEFT_SIMD_INLINE I32<Avx512> ConvertToI32(F32<Avx512> a) {
  const __mmask16 high = _mm512_cmp_ps_mask(a.reg(), _mm512_set1_ps(2147483648.0f), _CMP_GE_OQ);
  const __mmask16 ordered = _mm512_cmp_ps_mask(a.reg(), a.reg(), _CMP_ORD_Q);
  const __m512i r = _mm512_maskz_cvttps_epi32(ordered, a.reg());  // too low is INT32_MIN already
  return {_mm512_mask_mov_epi32(r, high, _mm512_set1_epi32(INT32_MAX))};
}
WEFT_SIMD_INLINE F32<Avx512> ConvertToF32(I32<Avx512> a) { return {_mm512_cvtepi32_ps(a.reg())}; }

namespace internal {
WEFT_SIMD_INLINE I32<Avx512> NearestI32(F32<Avx512> a) { return {_mm512_cvtps_epi32(a.reg())}; }
WEFT_SIMD_INLINE F32<Avx512> ScaleByPow2(F32<Avx512> p, F32<Avx512> j) { return {_mm512_scalef_ps(p.reg(), j.reg())}; }
// One instruction: the class of x selects a nibble of the table, which says what replaces r.
WEFT_SIMD_INLINE F32<Avx512> LogSpecials(F32<Avx512> r, F32<Avx512> x) {
  return {_mm512_fixupimm_ps(r.reg(), x.reg(), _mm512_set1_epi32(0x03530422), 0)};
}
WEFT_SIMD_INLINE F32<Avx512> RsqrtSpecials(F32<Avx512> r, F32<Avx512> x) {
  return {_mm512_fixupimm_ps(r.reg(), x.reg(), _mm512_set1_epi32(0x03830622), 0)};
}
}  // namespace internal

// --- memory
// -----------------------------------------------------------------------------------------------------------

template <>
WEFT_SIMD_INLINE F32<Avx512> F32<Avx512>::LoadN(const float* p, int64_t n, float fill) {
  return {_mm512_mask_loadu_ps(_mm512_set1_ps(fill), internal::TailMask(n), p)};
}
template <>
WEFT_SIMD_INLINE void F32<Avx512>::StoreN(float* p, int64_t n) const {
  _mm512_mask_storeu_ps(p, internal::TailMask(n), reg());
}

template <>
WEFT_SIMD_INLINE I32<Avx512> I32<Avx512>::LoadN(const int32_t* p, int64_t n) {
  return {_mm512_maskz_loadu_epi32(internal::TailMask(n), p)};
}
template <>
WEFT_SIMD_INLINE void I32<Avx512>::StoreN(int32_t* p, int64_t n) const {
  _mm512_mask_storeu_epi32(p, internal::TailMask(n), reg());
}

template <class Arch>
WEFT_SIMD_INLINE F32<Arch> LoadU8(const uint8_t* p) {
  const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
  return {_mm512_cvtepi32_ps(_mm512_cvtepu8_epi32(bytes))};
}
template <class Arch>
WEFT_SIMD_INLINE F32<Arch> LoadU8N(const uint8_t* p, int64_t n) {
  const __m128i bytes = _mm_maskz_loadu_epi8(internal::TailMask(n), p);
  return {_mm512_cvtepi32_ps(_mm512_cvtepu8_epi32(bytes))};
}
template <class Arch>
WEFT_SIMD_INLINE M32<Arch> LoadBool(const uint8_t* p) {
  const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
  return {_mm_test_epi8_mask(bytes, bytes)};
}
template <class Arch>
WEFT_SIMD_INLINE M32<Arch> LoadBoolN(const uint8_t* p, int64_t n) {
  const __m128i bytes = _mm_maskz_loadu_epi8(internal::TailMask(n), p);
  return {_mm_test_epi8_mask(bytes, bytes)};
}
WEFT_SIMD_INLINE void StoreBool(M32<Avx512> m, uint8_t* p) {
  _mm_storeu_si128(reinterpret_cast<__m128i*>(p), _mm_maskz_set1_epi8(m.m, 1));
}
WEFT_SIMD_INLINE void StoreBoolN(M32<Avx512> m, uint8_t* p, int64_t n) {
  _mm_mask_storeu_epi8(p, internal::TailMask(n), _mm_maskz_set1_epi8(m.m, 1));
}

// --- lanes
// ------------------------------------------------------------------------------------------------------------

// Lane i gets lane i ^ k; k is a power of two below kLanes.
template <int k>
WEFT_SIMD_INLINE F32<Avx512> SwapLanes(F32<Avx512> a) {
  static_assert(k == 8 || k == 4 || k == 2 || k == 1);
  if constexpr (k == 8) return {_mm512_maskz_shuffle_f32x4(internal::kAllLanes, a.reg(), a.reg(), 0x4e)};
  if constexpr (k == 4) return {_mm512_maskz_shuffle_f32x4(internal::kAllLanes, a.reg(), a.reg(), 0xb1)};
  if constexpr (k == 2) return {_mm512_maskz_permute_ps(internal::kAllLanes, a.reg(), 0x4e)};
  if constexpr (k == 1) return {_mm512_maskz_permute_ps(internal::kAllLanes, a.reg(), 0xb1)};
}
WEFT_SIMD_INLINE float FirstLane(F32<Avx512> a) { return _mm512_cvtss_f32(a.reg()); }

}  // namespace weft::simd

#endif  // WEFT_CORE_SIMD_VEC_AVX512_H_
