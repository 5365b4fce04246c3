// Baseline (SSE2) part of vec.h, which is the only file to include this one.
#ifndef WEFT_CORE_SIMD_VEC_SSE2_H_
#define WEFT_CORE_SIMD_VEC_SSE2_H_

#include <emmintrin.h>

#include <cstdint>

#include "core/simd/vec.h"

namespace weft::simd {

// --- masks
// ------------------------------------------------------------------------------------------------------------

WEFT_SIMD_INLINE M32<Baseline> And(M32<Baseline> a, M32<Baseline> b) { return {_mm_and_si128(a.m, b.m)}; }
WEFT_SIMD_INLINE M32<Baseline> Or(M32<Baseline> a, M32<Baseline> b) { return {_mm_or_si128(a.m, b.m)}; }
WEFT_SIMD_INLINE M32<Baseline> Xor(M32<Baseline> a, M32<Baseline> b) { return {_mm_xor_si128(a.m, b.m)}; }
WEFT_SIMD_INLINE M32<Baseline> Not(M32<Baseline> a) { return {_mm_xor_si128(a.m, _mm_set1_epi32(-1))}; }
WEFT_SIMD_INLINE bool Any(M32<Baseline> a) { return _mm_movemask_ps(_mm_castsi128_ps(a.m)) != 0; }
WEFT_SIMD_INLINE bool All(M32<Baseline> a) { return _mm_movemask_ps(_mm_castsi128_ps(a.m)) == 0xf; }

// True in the first n lanes.
template <class Arch>
WEFT_SIMD_INLINE M32<Arch> FirstN(int64_t n) {
  return {_mm_cmpgt_epi32(_mm_set1_epi32(static_cast<int32_t>(n)), _mm_setr_epi32(0, 1, 2, 3))};
}

// --- bits
// -------------------------------------------------------------------------------------------------------------

WEFT_SIMD_INLINE I32<Baseline> BitsOf(F32<Baseline> a) { return {_mm_castps_si128(a.reg())}; }
WEFT_SIMD_INLINE F32<Baseline> FromBits(I32<Baseline> a) { return {_mm_castsi128_ps(a.reg())}; }

template <int k>
WEFT_SIMD_INLINE I32<Baseline> ShiftLeft(I32<Baseline> a) {
  return {_mm_slli_epi32(a.reg(), k)};
}
template <int k>
WEFT_SIMD_INLINE I32<Baseline> ShiftRight(I32<Baseline> a) {
  return {_mm_srai_epi32(a.reg(), k)};
}
template <int k>
WEFT_SIMD_INLINE I32<Baseline> ShiftRightLogical(I32<Baseline> a) {
  return {_mm_srli_epi32(a.reg(), k)};
}

WEFT_SIMD_INLINE M32<Baseline> Eq(I32<Baseline> a, I32<Baseline> b) { return {_mm_cmpeq_epi32(a.reg(), b.reg())}; }
WEFT_SIMD_INLINE M32<Baseline> Gt(I32<Baseline> a, I32<Baseline> b) { return {_mm_cmpgt_epi32(a.reg(), b.reg())}; }
WEFT_SIMD_INLINE M32<Baseline> Lt(I32<Baseline> a, I32<Baseline> b) { return Gt(b, a); }
WEFT_SIMD_INLINE I32<Baseline> Select(M32<Baseline> m, I32<Baseline> yes, I32<Baseline> no) {
  return {_mm_or_si128(_mm_and_si128(m.m, yes.reg()), _mm_andnot_si128(m.m, no.reg()))};
}

WEFT_SIMD_INLINE F32<Baseline> Neg(F32<Baseline> a) { return {_mm_xor_ps(a.reg(), _mm_set1_ps(-0.0f))}; }
WEFT_SIMD_INLINE F32<Baseline> Abs(F32<Baseline> a) { return {_mm_andnot_ps(_mm_set1_ps(-0.0f), a.reg())}; }
WEFT_SIMD_INLINE F32<Baseline> CopySign(F32<Baseline> magnitude, F32<Baseline> sign) {
  const __m128 bit = _mm_set1_ps(-0.0f);
  return {_mm_or_ps(_mm_andnot_ps(bit, magnitude.reg()), _mm_and_ps(bit, sign.reg()))};
}
WEFT_SIMD_INLINE F32<Baseline> Select(M32<Baseline> m, F32<Baseline> yes, F32<Baseline> no) {
  return FromBits(Select(m, BitsOf(yes), BitsOf(no)));
}

// --- comparisons
// ------------------------------------------------------------------------------------------------------

WEFT_SIMD_INLINE M32<Baseline> Eq(F32<Baseline> a, F32<Baseline> b) {
  return {_mm_castps_si128(_mm_cmpeq_ps(a.reg(), b.reg()))};
}
WEFT_SIMD_INLINE M32<Baseline> Ne(F32<Baseline> a, F32<Baseline> b) {
  return {_mm_castps_si128(_mm_cmpneq_ps(a.reg(), b.reg()))};
}
WEFT_SIMD_INLINE M32<Baseline> Lt(F32<Baseline> a, F32<Baseline> b) {
  return {_mm_castps_si128(_mm_cmplt_ps(a.reg(), b.reg()))};
}
WEFT_SIMD_INLINE M32<Baseline> Le(F32<Baseline> a, F32<Baseline> b) {
  return {_mm_castps_si128(_mm_cmple_ps(a.reg(), b.reg()))};
}
WEFT_SIMD_INLINE M32<Baseline> Gt(F32<Baseline> a, F32<Baseline> b) { return Lt(b, a); }
WEFT_SIMD_INLINE M32<Baseline> Ge(F32<Baseline> a, F32<Baseline> b) { return Le(b, a); }
WEFT_SIMD_INLINE M32<Baseline> IsNan(F32<Baseline> a) { return {_mm_castps_si128(_mm_cmpunord_ps(a.reg(), a.reg()))}; }

// --- arithmetic
// -------------------------------------------------------------------------------------------------------

namespace internal {

// The two low lanes of a * b + c, rounded once, in the two low lanes of the result.
//
// The product of two floats is exact in double. The sum s = p + c is rounded to odd: where it is inexact (its error, by
// Knuth's TwoSum, is not 0) and its last bit is even, it is moved one place towards the error, onto the odd neighbour.
// A double so rounded rounds to float as the exact sum would, since 53 >= 24 + 2 (Boldo and Melquiond, "Emulation of
// FMA and correctly rounded sums", 2008); denormal results have fewer bits still. No double here is denormal, so FTZ
// and DAZ act on the conversions only, just as they act on the operands and the result of a hardware FMA.
WEFT_SIMD_INLINE __m128 FmaLow2(__m128 a, __m128 b, __m128 c) {
  const __m128d c2 = _mm_cvtps_pd(c);
  const __m128d p = _mm_mul_pd(_mm_cvtps_pd(a), _mm_cvtps_pd(b));
  const __m128d s = _mm_add_pd(p, c2);
  const __m128d c_part = _mm_sub_pd(s, p);
  const __m128d error = _mm_add_pd(_mm_sub_pd(p, _mm_sub_pd(s, c_part)), _mm_sub_pd(c2, c_part));
  const __m128d zero = _mm_setzero_pd();
  // All ones where inexact; not where the error is NaN (s infinite or NaN).
  const __m128i inexact = _mm_castpd_si128(_mm_or_pd(_mm_cmplt_pd(error, zero), _mm_cmpgt_pd(error, zero)));
  const __m128i bits = _mm_castpd_si128(s);
  // +1 away from zero if error and s have one sign, else -1: that is 1 - 2 * differ.
  const __m128i differ = _mm_srli_epi64(_mm_xor_si128(bits, _mm_castpd_si128(error)), 63);
  const __m128i one = _mm_set_epi32(0, 1, 0, 1);
  const __m128i step = _mm_sub_epi64(one, _mm_add_epi64(differ, differ));
  const __m128i even = _mm_sub_epi64(_mm_and_si128(bits, one), one);  // all ones where the last bit is 0
  const __m128i odd = _mm_add_epi64(bits, _mm_and_si128(step, _mm_and_si128(even, inexact)));
  return _mm_cvtpd_ps(_mm_castsi128_pd(odd));
}

WEFT_SIMD_INLINE F32<Baseline> HwMin(F32<Baseline> a, F32<Baseline> b) { return {_mm_min_ps(a.reg(), b.reg())}; }
WEFT_SIMD_INLINE F32<Baseline> HwMax(F32<Baseline> a, F32<Baseline> b) { return {_mm_max_ps(a.reg(), b.reg())}; }

}  // namespace internal

WEFT_SIMD_INLINE F32<Baseline> Fma(F32<Baseline> a, F32<Baseline> b, F32<Baseline> c) {
  const __m128 low = internal::FmaLow2(a.reg(), b.reg(), c.reg());
  const __m128 high = internal::FmaLow2(_mm_movehl_ps(a.reg(), a.reg()), _mm_movehl_ps(b.reg(), b.reg()),
                                        _mm_movehl_ps(c.reg(), c.reg()));
  return {_mm_movelh_ps(low, high)};
}
WEFT_SIMD_INLINE F32<Baseline> Fnma(F32<Baseline> a, F32<Baseline> b, F32<Baseline> c) { return Fma(Neg(a), b, c); }

// minps gives its second operand if the two are zeros or one is NaN, so both orders together hold everything: the bits
// of equal numbers are the same, of two zeros the disjunction is -0 and the conjunction +0; x | NaN is a NaN.
WEFT_SIMD_INLINE F32<Baseline> Min(F32<Baseline> a, F32<Baseline> b) {
  return {_mm_or_ps(_mm_min_ps(a.reg(), b.reg()), _mm_min_ps(b.reg(), a.reg()))};
}
WEFT_SIMD_INLINE F32<Baseline> Max(F32<Baseline> a, F32<Baseline> b) {
  const __m128 r = _mm_and_ps(_mm_max_ps(a.reg(), b.reg()), _mm_max_ps(b.reg(), a.reg()));
  return {_mm_or_ps(r, _mm_cmpunord_ps(a.reg(), b.reg()))};  // all ones is a NaN
}
WEFT_SIMD_INLINE F32<Baseline> Relu(F32<Baseline> a) {
  const __m128 zero = _mm_setzero_ps();
  return {_mm_add_ps(_mm_max_ps(zero, a.reg()), zero)};  // + 0 makes -0 +0
}

// SSE2 has no rounding instruction. From 2^23 on every float is integral, and NaN compares false.
WEFT_SIMD_INLINE F32<Baseline> Trunc(F32<Baseline> a) {
  const M32<Baseline> small = Lt(Abs(a), F32<Baseline>::Broadcast(8388608.0f));
  const F32<Baseline> t{_mm_cvtepi32_ps(_mm_cvttps_epi32(a.reg()))};
  return Select(small, CopySign(t, a), a);
}
WEFT_SIMD_INLINE F32<Baseline> Floor(F32<Baseline> a) {
  const F32<Baseline> t = Trunc(a);
  return Select(Gt(t, a), Sub(t, F32<Baseline>::Broadcast(1.0f)), t);
}
WEFT_SIMD_INLINE F32<Baseline> Ceil(F32<Baseline> a) {
  const F32<Baseline> t = Trunc(a);
  return Select(Lt(t, a), Add(t, F32<Baseline>::Broadcast(1.0f)), t);
}
WEFT_SIMD_INLINE F32<Baseline> RoundHalfEven(F32<Baseline> a) {
  const F32<Baseline> big = F32<Baseline>::Broadcast(8388608.0f);
  const F32<Baseline> magnitude = Abs(a);
  const F32<Baseline> t = Sub(Add(magnitude, big), big);
  return Select(Lt(magnitude, big), CopySign(t, a), a);
}

// --- conversions
// ------------------------------------------------------------------------------------------------------

WEFT_SIMD_INLINE I32<Baseline> ConvertToI32(F32<Baseline> a) {
  const __m128i high = _mm_castps_si128(_mm_cmpge_ps(a.reg(), _mm_set1_ps(2147483648.0f)));
  const __m128i ordered = _mm_castps_si128(_mm_cmpord_ps(a.reg(), a.reg()));
  const __m128i r = _mm_cvttps_epi32(a.reg());  // INT32_MIN if too low, too high or NaN
  return {_mm_and_si128(_mm_xor_si128(r, high), ordered)};
}
WEFT_SIMD_INLINE F32<Baseline> ConvertToF32(I32<Baseline> a) { return {_mm_cvtepi32_ps(a.reg())}; }

namespace internal {
WEFT_SIMD_INLINE I32<Baseline> NearestI32(F32<Baseline> a) { return {_mm_cvtps_epi32(a.reg())}; }
// Two factors: the first product is exact, the second rounds.
WEFT_SIMD_INLINE F32<Baseline> ScaleByPow2(F32<Baseline> p, F32<Baseline> j) {
  const I32<Baseline> bias = I32<Baseline>::Broadcast(127);
  const I32<Baseline> n = NearestI32(j);
  const I32<Baseline> half = ShiftRight<1>(n);
  const F32<Baseline> f1 = FromBits(ShiftLeft<23>(Add(half, bias)));
  const F32<Baseline> f2 = FromBits(ShiftLeft<23>(Add(Sub(n, half), bias)));
  return Mul(Mul(p, f1), f2);
}
WEFT_SIMD_INLINE F32<Baseline> LogSpecials(F32<Baseline> r, F32<Baseline> x) {
  const F32<Baseline> zero = F32<Baseline>::Zero();
  const F32<Baseline> inf = F32<Baseline>::Broadcast(__builtin_inff());
  const F32<Baseline> other = Select(Eq(x, zero), Neg(inf), F32<Baseline>::Broadcast(__builtin_nanf("")));
  return Select(Gt(x, zero), Select(Lt(x, inf), r, inf), other);
}
WEFT_SIMD_INLINE F32<Baseline> RsqrtSpecials(F32<Baseline> r, F32<Baseline> x) {
  const F32<Baseline> zero = F32<Baseline>::Zero();
  const F32<Baseline> inf = F32<Baseline>::Broadcast(__builtin_inff());
  const F32<Baseline> at_zero = Select(Eq(x, zero), CopySign(inf, x), F32<Baseline>::Broadcast(__builtin_nanf("")));
  return Select(Gt(x, zero), Select(Lt(x, inf), r, zero), at_zero);
}
WEFT_SIMD_INLINE __m128i LoadBytesAsI32(const uint8_t* p, size_t n) {
  int32_t bytes = 0;
  __builtin_memcpy(&bytes, p, n);
  const __m128i zero = _mm_setzero_si128();
  return _mm_unpacklo_epi16(_mm_unpacklo_epi8(_mm_cvtsi32_si128(bytes), zero), zero);
}
WEFT_SIMD_INLINE int32_t BoolBytes(M32<Baseline> m) {
  const __m128i words = _mm_packs_epi32(m.m, m.m);
  return _mm_cvtsi128_si32(_mm_and_si128(_mm_packs_epi16(words, words), _mm_set1_epi8(1)));
}
}  // namespace internal

// --- memory
// -----------------------------------------------------------------------------------------------------------

template <>
WEFT_SIMD_INLINE F32<Baseline> F32<Baseline>::LoadN(const float* p, int64_t n, float fill) {
  alignas(16) float lanes[4] = {fill, fill, fill, fill};
  for (int64_t i = 0; i < n; ++i) lanes[i] = p[i];
  return LoadAligned(lanes);
}
template <>
WEFT_SIMD_INLINE void F32<Baseline>::StoreN(float* p, int64_t n) const {
  alignas(16) float lanes[4];
  StoreAligned(lanes);
  for (int64_t i = 0; i < n; ++i) p[i] = lanes[i];
}

template <>
WEFT_SIMD_INLINE I32<Baseline> I32<Baseline>::LoadN(const int32_t* p, int64_t n) {
  alignas(16) int32_t lanes[4] = {};
  for (int64_t i = 0; i < n; ++i) lanes[i] = p[i];
  return LoadAligned(lanes);
}
template <>
WEFT_SIMD_INLINE void I32<Baseline>::StoreN(int32_t* p, int64_t n) const {
  alignas(16) int32_t lanes[4];
  StoreAligned(lanes);
  for (int64_t i = 0; i < n; ++i) p[i] = lanes[i];
}

template <class Arch>
WEFT_SIMD_INLINE F32<Arch> LoadU8N(const uint8_t* p, int64_t n) {
  return {_mm_cvtepi32_ps(internal::LoadBytesAsI32(p, static_cast<size_t>(n)))};
}
template <class Arch>
WEFT_SIMD_INLINE F32<Arch> LoadU8(const uint8_t* p) {
  return {_mm_cvtepi32_ps(internal::LoadBytesAsI32(p, 4))};
}
template <class Arch>
WEFT_SIMD_INLINE M32<Arch> LoadBoolN(const uint8_t* p, int64_t n) {
  return {_mm_cmpgt_epi32(internal::LoadBytesAsI32(p, static_cast<size_t>(n)), _mm_setzero_si128())};
}
template <class Arch>
WEFT_SIMD_INLINE M32<Arch> LoadBool(const uint8_t* p) {
  return {_mm_cmpgt_epi32(internal::LoadBytesAsI32(p, 4), _mm_setzero_si128())};
}
WEFT_SIMD_INLINE void StoreBool(M32<Baseline> m, uint8_t* p) {
  const int32_t bytes = internal::BoolBytes(m);
  __builtin_memcpy(p, &bytes, 4);
}
WEFT_SIMD_INLINE void StoreBoolN(M32<Baseline> m, uint8_t* p, int64_t n) {
  const int32_t bytes = internal::BoolBytes(m);
  __builtin_memcpy(p, &bytes, static_cast<size_t>(n));
}

// --- lanes
// ------------------------------------------------------------------------------------------------------------

// Lane i gets lane i ^ k; k is a power of two below kLanes.
template <int k>
WEFT_SIMD_INLINE F32<Baseline> SwapLanes(F32<Baseline> a) {
  static_assert(k == 2 || k == 1);
  return {_mm_shuffle_ps(a.reg(), a.reg(), k == 2 ? 0x4e : 0xb1)};
}
WEFT_SIMD_INLINE float FirstLane(F32<Baseline> a) { return _mm_cvtss_f32(a.reg()); }

}  // namespace weft::simd

#endif  // WEFT_CORE_SIMD_VEC_SSE2_H_
