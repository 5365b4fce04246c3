// Transpose<Arch>(rows): the square block of kLanes x kLanes floats in `rows`, in registers: lane j of row i becomes
// lane i of row j. 16x16, 8x8 or 4x4, for packing panels. 64, 24 or 8 shuffles; moves bits only.
#ifndef WEFT_CORE_SIMD_TRANSPOSE_H_
#define WEFT_CORE_SIMD_TRANSPOSE_H_

#include <immintrin.h>

#include "core/simd/vec.h"

namespace weft::simd {

#if defined(WEFT_SIMD_TARGET_AVX512)

template <class Arch>
WEFT_SIMD_INLINE void Transpose(F32<Arch> (&rows)[16]) {
  constexpr __mmask16 kAll = internal::kAllLanes;
  // 4x4 blocks within the 128-bit parts: afterwards part p of t[4 q + c] is column 4 p + c of rows 4 q .. 4 q + 3.
  __m512 t[16];
  WEFT_UNROLL
  for (int q = 0; q < 16; q += 4) {
    const __m512 a = _mm512_maskz_unpacklo_ps(kAll, rows[q].reg(), rows[q + 1].reg());
    const __m512 b = _mm512_maskz_unpackhi_ps(kAll, rows[q].reg(), rows[q + 1].reg());
    const __m512 c = _mm512_maskz_unpacklo_ps(kAll, rows[q + 2].reg(), rows[q + 3].reg());
    const __m512 d = _mm512_maskz_unpackhi_ps(kAll, rows[q + 2].reg(), rows[q + 3].reg());
    t[q] = _mm512_maskz_shuffle_ps(kAll, a, c, 0x44);
    t[q + 1] = _mm512_maskz_shuffle_ps(kAll, a, c, 0xee);
    t[q + 2] = _mm512_maskz_shuffle_ps(kAll, b, d, 0x44);
    t[q + 3] = _mm512_maskz_shuffle_ps(kAll, b, d, 0xee);
  }
  // The 4x4 transpose of parts over q, for each c.
  WEFT_UNROLL
  for (int c = 0; c < 4; ++c) {
    const __m512 low01 = _mm512_maskz_shuffle_f32x4(kAll, t[c], t[4 + c], 0x44);   // parts 0 1 of q = 0, 1
    const __m512 high01 = _mm512_maskz_shuffle_f32x4(kAll, t[c], t[4 + c], 0xee);  // parts 2 3
    const __m512 low23 = _mm512_maskz_shuffle_f32x4(kAll, t[8 + c], t[12 + c], 0x44);
    const __m512 high23 = _mm512_maskz_shuffle_f32x4(kAll, t[8 + c], t[12 + c], 0xee);
    rows[c] = {_mm512_maskz_shuffle_f32x4(kAll, low01, low23, 0x88)};
    rows[4 + c] = {_mm512_maskz_shuffle_f32x4(kAll, low01, low23, 0xdd)};
    rows[8 + c] = {_mm512_maskz_shuffle_f32x4(kAll, high01, high23, 0x88)};
    rows[12 + c] = {_mm512_maskz_shuffle_f32x4(kAll, high01, high23, 0xdd)};
  }
}

#elif defined(WEFT_SIMD_TARGET_AVX2)

template <class Arch>
WEFT_SIMD_INLINE void Transpose(F32<Arch> (&rows)[8]) {
  __m256 t[8];
  WEFT_UNROLL
  for (int q = 0; q < 8; q += 4) {
    const __m256 a = _mm256_unpacklo_ps(rows[q].reg(), rows[q + 1].reg());
    const __m256 b = _mm256_unpackhi_ps(rows[q].reg(), rows[q + 1].reg());
    const __m256 c = _mm256_unpacklo_ps(rows[q + 2].reg(), rows[q + 3].reg());
    const __m256 d = _mm256_unpackhi_ps(rows[q + 2].reg(), rows[q + 3].reg());
    t[q] = _mm256_shuffle_ps(a, c, 0x44);
    t[q + 1] = _mm256_shuffle_ps(a, c, 0xee);
    t[q + 2] = _mm256_shuffle_ps(b, d, 0x44);
    t[q + 3] = _mm256_shuffle_ps(b, d, 0xee);
  }
  WEFT_UNROLL
  for (int c = 0; c < 4; ++c) {
    rows[c] = {_mm256_permute2f128_ps(t[c], t[4 + c], 0x20)};
    rows[4 + c] = {_mm256_permute2f128_ps(t[c], t[4 + c], 0x31)};
  }
}

#else

template <class Arch>
WEFT_SIMD_INLINE void Transpose(F32<Arch> (&rows)[4]) {
  const __m128 a = _mm_unpacklo_ps(rows[0].reg(), rows[1].reg());
  const __m128 b = _mm_unpackhi_ps(rows[0].reg(), rows[1].reg());
  const __m128 c = _mm_unpacklo_ps(rows[2].reg(), rows[3].reg());
  const __m128 d = _mm_unpackhi_ps(rows[2].reg(), rows[3].reg());
  rows[0] = {_mm_movelh_ps(a, c)};
  rows[1] = {_mm_movehl_ps(c, a)};
  rows[2] = {_mm_movelh_ps(b, d)};
  rows[3] = {_mm_movehl_ps(d, b)};
}

#endif

}  // namespace weft::simd

#endif  // WEFT_CORE_SIMD_TRANSPOSE_H_
