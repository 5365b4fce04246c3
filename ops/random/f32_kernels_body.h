// The body of f32_kernels.h, over an instruction set. Included by the files of the instruction sets only.
//
// One vector holds one word of kLanes blocks: lane l is the l-th block's. The last step transposes four such vectors
// into the row-major order of elements. Within 128 bits that is the 4x4 transposition which every instruction set has;
// so that its results are consecutive elements, block b of a group stands in lane 4 * (b mod kGroups) + b / kGroups,
// kGroups being the number of 128-bit parts.
#ifndef WEFT_OPS_RANDOM_F32_KERNELS_BODY_H_
#define WEFT_OPS_RANDOM_F32_KERNELS_BODY_H_

#include "core/simd/vec.h"
#include "ops/random/f32_kernels.h"

namespace weft {

// The instructions that vec.h does not have: products of 32 bits, and interleaving within 128 bits.
template <class Arch>
struct WordOps;

#if defined(WEFT_SIMD_TARGET_AVX512)
template <>
struct WordOps<simd::Avx512> {
  using Reg = __m512i;
  static WEFT_SIMD_INLINE Reg MulEven(Reg a, Reg b) { return _mm512_mul_epu32(a, b); }
  static WEFT_SIMD_INLINE Reg OddDown(Reg a) { return _mm512_srli_epi64(a, 32); }
  static WEFT_SIMD_INLINE Reg EvenUp(Reg a) { return _mm512_slli_epi64(a, 32); }
  static WEFT_SIMD_INLINE Reg Blend(Reg even, Reg odd) { return _mm512_mask_blend_epi32(0xaaaa, even, odd); }
  static WEFT_SIMD_INLINE Reg Low32(Reg a, Reg b) { return _mm512_unpacklo_epi32(a, b); }
  static WEFT_SIMD_INLINE Reg High32(Reg a, Reg b) { return _mm512_unpackhi_epi32(a, b); }
  static WEFT_SIMD_INLINE Reg Low64(Reg a, Reg b) { return _mm512_unpacklo_epi64(a, b); }
  static WEFT_SIMD_INLINE Reg High64(Reg a, Reg b) { return _mm512_unpackhi_epi64(a, b); }
};
#elif defined(WEFT_SIMD_TARGET_AVX2)
template <>
struct WordOps<simd::Avx2> {
  using Reg = __m256i;
  static WEFT_SIMD_INLINE Reg MulEven(Reg a, Reg b) { return _mm256_mul_epu32(a, b); }
  static WEFT_SIMD_INLINE Reg OddDown(Reg a) { return _mm256_srli_epi64(a, 32); }
  static WEFT_SIMD_INLINE Reg EvenUp(Reg a) { return _mm256_slli_epi64(a, 32); }
  static WEFT_SIMD_INLINE Reg Blend(Reg even, Reg odd) { return _mm256_blend_epi32(even, odd, 0xaa); }
  static WEFT_SIMD_INLINE Reg Low32(Reg a, Reg b) { return _mm256_unpacklo_epi32(a, b); }
  static WEFT_SIMD_INLINE Reg High32(Reg a, Reg b) { return _mm256_unpackhi_epi32(a, b); }
  static WEFT_SIMD_INLINE Reg Low64(Reg a, Reg b) { return _mm256_unpacklo_epi64(a, b); }
  static WEFT_SIMD_INLINE Reg High64(Reg a, Reg b) { return _mm256_unpackhi_epi64(a, b); }
};
#else
template <>
struct WordOps<simd::Baseline> {
  using Reg = __m128i;
  static WEFT_SIMD_INLINE Reg MulEven(Reg a, Reg b) { return _mm_mul_epu32(a, b); }
  static WEFT_SIMD_INLINE Reg OddDown(Reg a) { return _mm_srli_epi64(a, 32); }
  static WEFT_SIMD_INLINE Reg EvenUp(Reg a) { return _mm_slli_epi64(a, 32); }
  static WEFT_SIMD_INLINE Reg Blend(Reg even, Reg odd) {
    const __m128i mask = _mm_set_epi32(-1, 0, -1, 0);
    return _mm_or_si128(_mm_andnot_si128(mask, even), _mm_and_si128(mask, odd));
  }
  static WEFT_SIMD_INLINE Reg Low32(Reg a, Reg b) { return _mm_unpacklo_epi32(a, b); }
  static WEFT_SIMD_INLINE Reg High32(Reg a, Reg b) { return _mm_unpackhi_epi32(a, b); }
  static WEFT_SIMD_INLINE Reg Low64(Reg a, Reg b) { return _mm_unpacklo_epi64(a, b); }
  static WEFT_SIMD_INLINE Reg High64(Reg a, Reg b) { return _mm_unpackhi_epi64(a, b); }
};
#endif

// The high and low halves of the 64-bit products of each lane with a constant.
template <class Arch>
WEFT_SIMD_INLINE void Multiply(simd::I32<Arch> a, simd::I32<Arch> constant, simd::I32<Arch>* high,
                               simd::I32<Arch>* low) {
  using Ops = WordOps<Arch>;
  const auto even = Ops::MulEven(a.reg(), constant.reg());
  const auto odd = Ops::MulEven(Ops::OddDown(a.reg()), constant.reg());
  *high = {Ops::Blend(Ops::OddDown(even), odd)};
  *low = {Ops::Blend(even, Ops::EvenUp(odd))};
}

// 4 * kLanes elements from kLanes blocks, of which `first` is the number of the first, a multiple of kLanes.
template <class Arch>
WEFT_SIMD_INLINE void UniformGroup(const RandomCounter& counter, uint64_t first, simd::I32<Arch> lane_blocks,
                                   float* out) {
  using I = simd::I32<Arch>;
  using Ops = WordOps<Arch>;
  auto word = [](uint64_t x) __attribute__((always_inline)) { return I::Broadcast(static_cast<int32_t>(x)); };
  // No carry: the group is aligned.
  I c0 = simd::Add(word(first), lane_blocks);
  I c1 = word((first >> 32) + (uint64_t{counter.stream} << 8));
  I c2 = word(counter.step), c3 = word(counter.step >> 32);
  const I multiply0 = word(0xD2511F53), multiply1 = word(0xCD9E8D57);
  uint32_t key0 = static_cast<uint32_t>(counter.key), key1 = static_cast<uint32_t>(counter.key >> 32);
  WEFT_UNROLL
  for (int round = 0; round < 10; ++round) {
    I high0, low0, high1, low1;
    Multiply<Arch>(c0, multiply0, &high0, &low0);
    Multiply<Arch>(c2, multiply1, &high1, &low1);
    c0 = simd::Xor(simd::Xor(high1, c1), word(key0));
    c1 = low1;
    c2 = simd::Xor(simd::Xor(high0, c3), word(key1));
    c3 = low0;
    key0 += 0x9E3779B9;
    key1 += 0xBB67AE85;
  }
  const auto low01 = Ops::Low32(c0.reg(), c1.reg()), high01 = Ops::High32(c0.reg(), c1.reg());
  const auto low23 = Ops::Low32(c2.reg(), c3.reg()), high23 = Ops::High32(c2.reg(), c3.reg());
  const I words[4] = {{Ops::Low64(low01, low23)},
                      {Ops::High64(low01, low23)},
                      {Ops::Low64(high01, high23)},
                      {Ops::High64(high01, high23)}};
  const simd::F32<Arch> scale = simd::F32<Arch>::Broadcast(0x1p-24f);
  WEFT_UNROLL
  for (int k = 0; k < 4; ++k) {
    simd::Mul(simd::ConvertToF32(simd::ShiftRightLogical<8>(words[k])), scale).Store(out + k * Arch::kLanes);
  }
}

template <class Arch>
void Uniform(const RandomCounter& counter, int64_t begin, int64_t end, float* out) {
  constexpr int kLanes = Arch::kLanes, kGroups = kLanes / 4, kElements = 4 * kLanes;
  int32_t order[kLanes];
  for (int lane = 0; lane < kLanes; ++lane) order[lane] = lane % 4 * kGroups + lane / 4;
  const simd::I32<Arch> lane_blocks = simd::I32<Arch>::Load(order);
  int64_t i = begin;
  for (; i + kElements <= end; i += kElements) {
    UniformGroup<Arch>(counter, static_cast<uint64_t>(i) / 4, lane_blocks, out + (i - begin));
  }
  if (i == end) return;
  float rest[kElements];
  UniformGroup<Arch>(counter, static_cast<uint64_t>(i) / 4, lane_blocks, rest);
  for (int64_t k = i; k < end; ++k) out[k - begin] = rest[k - i];
}

}  // namespace weft

#endif  // WEFT_OPS_RANDOM_F32_KERNELS_BODY_H_
