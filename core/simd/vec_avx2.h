// AVX2 + FMA part of vec.h, which is the only file to include this one.
#ifndef WEFT_CORE_SIMD_VEC_AVX2_H_
#define WEFT_CORE_SIMD_VEC_AVX2_H_

#include <immintrin.h>

#include <cstdint>

#include "core/simd/vec.h"

namespace weft::simd {

// --- masks
// ------------------------------------------------------------------------------------------------------------

WEFT_SIMD_INLINE M32<Avx2> And(M32<Avx2> a, M32<Avx2> b) { return {_mm256_and_si256(a.m, b.m)}; }
WEFT_SIMD_INLINE M32<Avx2> Or(M32<Avx2> a, M32<Avx2> b) { return {_mm256_or_si256(a.m, b.m)}; }
WEFT_SIMD_INLINE M32<Avx2> Xor(M32<Avx2> a, M32<Avx2> b) { return {_mm256_xor_si256(a.m, b.m)}; }
WEFT_SIMD_INLINE M32<Avx2> Not(M32<Avx2> a) { return {_mm256_xor_si256(a.m, _mm256_set1_epi32(-1))}; }
WEFT_SIMD_INLINE bool Any(M32<Avx2> a) { return _mm256_movemask_ps(_mm256_castsi256_ps(a.m)) != 0; }
WEFT_SIMD_INLINE bool All(M32<Avx2> a) { return _mm256_movemask_ps(_mm256_castsi256_ps(a.m)) == 0xff; }

namespace internal {
WEFT_SIMD_INLINE __m256i TailMask(int64_t n) {
  return _mm256_cmpgt_epi32(_mm256_set1_epi32(static_cast<int32_t>(n)), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
}
}  // namespace internal

// True in the first n lanes.
template <class Arch>
WEFT_SIMD_INLINE M32<Arch> FirstN(int64_t n) {
  return {internal::TailMask(n)};
}

// --- bits
// -------------------------------------------------------------------------------------------------------------

WEFT_SIMD_INLINE I32<Avx2> BitsOf(F32<Avx2> a) { return {_mm256_castps_si256(a.reg())}; }
WEFT_SIMD_INLINE F32<Avx2> FromBits(I32<Avx2> a) { return {_mm256_castsi256_ps(a.reg())}; }

template <int k>
WEFT_SIMD_INLINE I32<Avx2> ShiftLeft(I32<Avx2> a) {
  return {_mm256_slli_epi32(a.reg(), k)};
}
template <int k>
WEFT_SIMD_INLINE I32<Avx2> ShiftRight(I32<Avx2> a) {
  return {_mm256_srai_epi32(a.reg(), k)};
}
template <int k>
WEFT_SIMD_INLINE I32<Avx2> ShiftRightLogical(I32<Avx2> a) {
  return {_mm256_srli_epi32(a.reg(), k)};
}

WEFT_SIMD_INLINE M32<Avx2> Eq(I32<Avx2> a, I32<Avx2> b) { return {_mm256_cmpeq_epi32(a.reg(), b.reg())}; }
WEFT_SIMD_INLINE M32<Avx2> Gt(I32<Avx2> a, I32<Avx2> b) { return {_mm256_cmpgt_epi32(a.reg(), b.reg())}; }
WEFT_SIMD_INLINE M32<Avx2> Lt(I32<Avx2> a, I32<Avx2> b) { return Gt(b, a); }
WEFT_SIMD_INLINE I32<Avx2> Select(M32<Avx2> m, I32<Avx2> yes, I32<Avx2> no) {
  return {_mm256_blendv_epi8(no.reg(), yes.reg(), m.m)};
}

WEFT_SIMD_INLINE F32<Avx2> Neg(F32<Avx2> a) { return {_mm256_xor_ps(a.reg(), _mm256_set1_ps(-0.0f))}; }
WEFT_SIMD_INLINE F32<Avx2> Abs(F32<Avx2> a) { return {_mm256_andnot_ps(_mm256_set1_ps(-0.0f), a.reg())}; }
WEFT_SIMD_INLINE F32<Avx2> CopySign(F32<Avx2> magnitude, F32<Avx2> sign) {
  const __m256 bit = _mm256_set1_ps(-0.0f);
  return {_mm256_or_ps(_mm256_andnot_ps(bit, magnitude.reg()), _mm256_and_ps(bit, sign.reg()))};
}
WEFT_SIMD_INLINE F32<Avx2> Select(M32<Avx2> m, F32<Avx2> yes, F32<Avx2> no) {
  return {_mm256_blendv_ps(no.reg(), yes.reg(), _mm256_castsi256_ps(m.m))};
}

// --- comparisons
// ------------------------------------------------------------------------------------------------------

WEFT_SIMD_INLINE M32<Avx2> Eq(F32<Avx2> a, F32<Avx2> b) {
  return {_mm256_castps_si256(_mm256_cmp_ps(a.reg(), b.reg(), _CMP_EQ_OQ))};
}
WEFT_SIMD_INLINE M32<Avx2> Ne(F32<Avx2> a, F32<Avx2> b) {
  return {_mm256_castps_si256(_mm256_cmp_ps(a.reg(), b.reg(), _CMP_NEQ_UQ))};
}
WEFT_SIMD_INLINE M32<Avx2> Lt(F32<Avx2> a, F32<Avx2> b) {
  return {_mm256_castps_si256(_mm256_cmp_ps(a.reg(), b.reg(), _CMP_LT_OQ))};
}
WEFT_SIMD_INLINE M32<Avx2> Le(F32<Avx2> a, F32<Avx2> b) {
  return {_mm256_castps_si256(_mm256_cmp_ps(a.reg(), b.reg(), _CMP_LE_OQ))};
}
WEFT_SIMD_INLINE M32<Avx2> Gt(F32<Avx2> a, F32<Avx2> b) { return Lt(b, a); }
WEFT_SIMD_INLINE M32<Avx2> Ge(F32<Avx2> a, F32<Avx2> b) { return Le(b, a); }
WEFT_SIMD_INLINE M32<Avx2> IsNan(F32<Avx2> a) {
  return {_mm256_castps_si256(_mm256_cmp_ps(a.reg(), a.reg(), _CMP_UNORD_Q))};
}

// --- arithmetic
// -------------------------------------------------------------------------------------------------------

WEFT_SIMD_INLINE F32<Avx2> Fma(F32<Avx2> a, F32<Avx2> b, F32<Avx2> c) {
  return {_mm256_fmadd_ps(a.reg(), b.reg(), c.reg())};
}
WEFT_SIMD_INLINE F32<Avx2> Fnma(F32<Avx2> a, F32<Avx2> b, F32<Avx2> c) {
  return {_mm256_fnmadd_ps(a.reg(), b.reg(), c.reg())};
}

namespace internal {
WEFT_SIMD_INLINE F32<Avx2> HwMin(F32<Avx2> a, F32<Avx2> b) { return {_mm256_min_ps(a.reg(), b.reg())}; }
WEFT_SIMD_INLINE F32<Avx2> HwMax(F32<Avx2> a, F32<Avx2> b) { return {_mm256_max_ps(a.reg(), b.reg())}; }
}  // namespace internal

// minps gives its second operand if the two are zeros or one is NaN, so both orders together hold everything: the bits
// of equal numbers are the same, of two zeros the disjunction is -0 and the conjunction +0; x | NaN is a NaN.
WEFT_SIMD_INLINE F32<Avx2> Min(F32<Avx2> a, F32<Avx2> b) {
  return {_mm256_or_ps(_mm256_min_ps(a.reg(), b.reg()), _mm256_min_ps(b.reg(), a.reg()))};
}
WEFT_SIMD_INLINE F32<Avx2> Max(F32<Avx2> a, F32<Avx2> b) {
  const __m256 r = _mm256_and_ps(_mm256_max_ps(a.reg(), b.reg()), _mm256_max_ps(b.reg(), a.reg()));
  return {_mm256_or_ps(r, _mm256_cmp_ps(a.reg(), b.reg(), _CMP_UNORD_Q))};  // all ones is a NaN
}
WEFT_SIMD_INLINE F32<Avx2> Relu(F32<Avx2> a) {
  const __m256 zero = _mm256_setzero_ps();
  return {_mm256_add_ps(_mm256_max_ps(zero, a.reg()), zero)};  // + 0 makes -0 +0
}

WEFT_SIMD_INLINE F32<Avx2> RoundHalfEven(F32<Avx2> a) { return {_mm256_round_ps(a.reg(), 8)}; }
WEFT_SIMD_INLINE F32<Avx2> Floor(F32<Avx2> a) { return {_mm256_round_ps(a.reg(), 9)}; }
WEFT_SIMD_INLINE F32<Avx2> Ceil(F32<Avx2> a) { return {_mm256_round_ps(a.reg(), 10)}; }
WEFT_SIMD_INLINE F32<Avx2> Trunc(F32<Avx2> a) { return {_mm256_round_ps(a.reg(), 11)}; }

// --- conversions
// ------------------------------------------------------------------------------------------------------

WEFT_SIMD_INLINE I32<Avx2> ConvertToI32(F32<Avx2> a) {
  const __m256 high = _mm256_cmp_ps(a.reg(), _mm256_set1_ps(2147483648.0f), _CMP_GE_OQ);
  const __m256 ordered = _mm256_cmp_ps(a.reg(), a.reg(), _CMP_ORD_Q);
  const __m256i r = _mm256_cvttps_epi32(a.reg());  // INT32_MIN if too low, too high or NaN
  return {_mm256_and_si256(_mm256_xor_si256(r, _mm256_castps_si256(high)), _mm256_castps_si256(ordered))};
}
WEFT_SIMD_INLINE F32<Avx2> ConvertToF32(I32<Avx2> a) { return {_mm256_cvtepi32_ps(a.reg())}; }

namespace internal {
WEFT_SIMD_INLINE I32<Avx2> NearestI32(F32<Avx2> a) { return {_mm256_cvtps_epi32(a.reg())}; }
// Two factors: the first product is exact, the second rounds.
WEFT_SIMD_INLINE F32<Avx2> ScaleByPow2(F32<Avx2> p, F32<Avx2> j) {
  const I32<Avx2> bias = I32<Avx2>::Broadcast(127);
  const I32<Avx2> n = NearestI32(j);
  const I32<Avx2> half = ShiftRight<1>(n);
  const F32<Avx2> f1 = FromBits(ShiftLeft<23>(Add(half, bias)));
  const F32<Avx2> f2 = FromBits(ShiftLeft<23>(Add(Sub(n, half), bias)));
  return Mul(Mul(p, f1), f2);
}
WEFT_SIMD_INLINE F32<Avx2> LogSpecials(F32<Avx2> r, F32<Avx2> x) {
  const F32<Avx2> zero = F32<Avx2>::Zero();
  const F32<Avx2> inf = F32<Avx2>::Broadcast(__builtin_inff());
  const F32<Avx2> other = Select(Eq(x, zero), Neg(inf), F32<Avx2>::Broadcast(__builtin_nanf("")));
  return Select(Gt(x, zero), Select(Lt(x, inf), r, inf), other);
}
WEFT_SIMD_INLINE F32<Avx2> RsqrtSpecials(F32<Avx2> r, F32<Avx2> x) {
  const F32<Avx2> zero = F32<Avx2>::Zero();
  const F32<Avx2> inf = F32<Avx2>::Broadcast(__builtin_inff());
  const F32<Avx2> at_zero = Select(Eq(x, zero), CopySign(inf, x), F32<Avx2>::Broadcast(__builtin_nanf("")));
  return Select(Gt(x, zero), Select(Lt(x, inf), r, zero), at_zero);
}
WEFT_SIMD_INLINE __m128i LoadBytes8(const uint8_t* p) { return _mm_loadl_epi64(reinterpret_cast<const __m128i*>(p)); }
WEFT_SIMD_INLINE __m128i LoadBytesN(const uint8_t* p, int64_t n) {
  uint64_t bytes = 0;
  __builtin_memcpy(&bytes, p, static_cast<size_t>(n));
  return _mm_cvtsi64_si128(static_cast<int64_t>(bytes));
}
WEFT_SIMD_INLINE uint64_t BoolBytes(M32<Avx2> m) {
  const __m128i words = _mm_packs_epi32(_mm256_castsi256_si128(m.m), _mm256_extracti128_si256(m.m, 1));
  const __m128i bytes = _mm_and_si128(_mm_packs_epi16(words, words), _mm_set1_epi8(1));
  return static_cast<uint64_t>(_mm_cvtsi128_si64(bytes));
}
WEFT_SIMD_INLINE F32<Avx2> BytesToF32(__m128i bytes) { return {_mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(bytes))}; }
WEFT_SIMD_INLINE M32<Avx2> BytesToMask(__m128i bytes) {
  return {_mm256_cmpgt_epi32(_mm256_cvtepu8_epi32(bytes), _mm256_setzero_si256())};
}
}  // namespace internal

// --- memory
// -----------------------------------------------------------------------------------------------------------

template <>
WEFT_SIMD_INLINE F32<Avx2> F32<Avx2>::LoadN(const float* p, int64_t n, float fill) {
  const __m256i mask = internal::TailMask(n);
  return {_mm256_blendv_ps(_mm256_set1_ps(fill), _mm256_maskload_ps(p, mask), _mm256_castsi256_ps(mask))};
}
template <>
WEFT_SIMD_INLINE void F32<Avx2>::StoreN(float* p, int64_t n) const {
  _mm256_maskstore_ps(p, internal::TailMask(n), reg());
}

template <>
WEFT_SIMD_INLINE I32<Avx2> I32<Avx2>::LoadN(const int32_t* p, int64_t n) {
  return {_mm256_maskload_epi32(p, internal::TailMask(n))};
}
template <>
WEFT_SIMD_INLINE void I32<Avx2>::StoreN(int32_t* p, int64_t n) const {
  _mm256_maskstore_epi32(p, internal::TailMask(n), reg());
}

template <class Arch>
WEFT_SIMD_INLINE F32<Arch> LoadU8(const uint8_t* p) {
  return internal::BytesToF32(internal::LoadBytes8(p));
}
template <class Arch>
WEFT_SIMD_INLINE F32<Arch> LoadU8N(const uint8_t* p, int64_t n) {
  return internal::BytesToF32(internal::LoadBytesN(p, n));
}
template <class Arch>
WEFT_SIMD_INLINE M32<Arch> LoadBool(const uint8_t* p) {
  return internal::BytesToMask(internal::LoadBytes8(p));
}
template <class Arch>
WEFT_SIMD_INLINE M32<Arch> LoadBoolN(const uint8_t* p, int64_t n) {
  return internal::BytesToMask(internal::LoadBytesN(p, n));
}
WEFT_SIMD_INLINE void StoreBool(M32<Avx2> m, uint8_t* p) {
  const uint64_t bytes = internal::BoolBytes(m);
  __builtin_memcpy(p, &bytes, 8);
}
WEFT_SIMD_INLINE void StoreBoolN(M32<Avx2> m, uint8_t* p, int64_t n) {
  const uint64_t bytes = internal::BoolBytes(m);
  __builtin_memcpy(p, &bytes, static_cast<size_t>(n));
}

// --- lanes
// ------------------------------------------------------------------------------------------------------------

// Lane i gets lane i ^ k; k is a power of two below kLanes.
template <int k>
WEFT_SIMD_INLINE F32<Avx2> SwapLanes(F32<Avx2> a) {
  static_assert(k == 4 || k == 2 || k == 1);
  if constexpr (k == 4) return {_mm256_permute2f128_ps(a.reg(), a.reg(), 0x01)};
  if constexpr (k == 2) return {_mm256_permute_ps(a.reg(), 0x4e)};
  if constexpr (k == 1) return {_mm256_permute_ps(a.reg(), 0xb1)};
}
WEFT_SIMD_INLINE float FirstLane(F32<Avx2> a) { return _mm256_cvtss_f32(a.reg()); }

}  // namespace weft::simd

#endif  // WEFT_CORE_SIMD_VEC_AVX2_H_
