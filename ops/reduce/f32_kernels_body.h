// The bodies of f32_kernels.h, over an instruction set. Included by the files of the instruction sets only.
#ifndef WEFT_OPS_REDUCE_F32_KERNELS_BODY_H_
#define WEFT_OPS_REDUCE_F32_KERNELS_BODY_H_

#include "core/simd/sum.h"
#include "core/simd/vec.h"
#include "ops/reduce/f32_kernels.h"

namespace weft {

// Neutral element for chains; kAbsent for lanes that have no element (the sum's is -0: x + -0 is x, -0 included).
template <class Arch>
struct SumF32 {
  static constexpr float kNeutral = 0.0f, kAbsent = -0.0f;
  static WEFT_SIMD_INLINE simd::F32<Arch> Join(simd::F32<Arch> a, simd::F32<Arch> b) { return simd::Add(a, b); }
  static WEFT_SIMD_INLINE float Tree(const simd::Lanes64<Arch>& lanes) { return lanes.Sum(); }
};
template <class Arch>
struct ProdF32 {
  static constexpr float kNeutral = 1.0f, kAbsent = 1.0f;
  static WEFT_SIMD_INLINE simd::F32<Arch> Join(simd::F32<Arch> a, simd::F32<Arch> b) { return simd::Mul(a, b); }
  static WEFT_SIMD_INLINE float Tree(simd::Lanes64<Arch> lanes) {
    WEFT_UNROLL
    for (int half = lanes.kVectors / 2; half > 0; half /= 2) {
      WEFT_UNROLL
      for (int k = 0; k < half; ++k) lanes.v[k] = Join(lanes.v[k], lanes.v[k + half]);
    }
    return lanes.HalveVector(
        lanes.v[0], [](simd::F32<Arch> a, simd::F32<Arch> b) __attribute__((always_inline)) { return Join(a, b); });
  }
};
template <class Arch>
struct MaxF32 {
  static constexpr float kNeutral = -__builtin_inff(), kAbsent = kNeutral;
  static WEFT_SIMD_INLINE simd::F32<Arch> Join(simd::F32<Arch> a, simd::F32<Arch> b) { return simd::Max(a, b); }
  static WEFT_SIMD_INLINE float Tree(const simd::Lanes64<Arch>& lanes) { return lanes.Max(); }
};
template <class Arch>
struct MinF32 {
  static constexpr float kNeutral = __builtin_inff(), kAbsent = kNeutral;
  static WEFT_SIMD_INLINE simd::F32<Arch> Join(simd::F32<Arch> a, simd::F32<Arch> b) { return simd::Min(a, b); }
  static WEFT_SIMD_INLINE float Tree(const simd::Lanes64<Arch>& lanes) { return lanes.Min(); }
};

template <class Arch, class Op>
WEFT_SIMD_INLINE float ReduceRow(const float* x, int64_t n) {
  using V = simd::F32<Arch>;
  if (n == 0) return Op::kNeutral;
  simd::Lanes64<Arch> lanes = simd::Lanes64<Arch>::Fill(Op::kAbsent);
  simd::internal::WalkRow<Arch>(
      n, [&](int k, int64_t i) __attribute__((always_inline)) { lanes.v[k] = Op::Join(lanes.v[k], V::Load(x + i)); },
      [&](int k, int64_t i, int64_t m)
          __attribute__((always_inline)) { lanes.v[k] = Op::Join(lanes.v[k], V::LoadN(x + i, m, Op::kAbsent)); });
  return Op::Tree(lanes);
}

template <class Arch, class Op>
void ReduceRows(const float* x, int64_t rows, int64_t n, float* out) {
  for (int64_t r = 0; r < rows; ++r) out[r] = ReduceRow<Arch, Op>(x + r * n, n);
}

// kVectors whole vectors of columns, or (kVectors == 1) the first `width` lanes of one.
template <class Arch, class Op, int kVectors, bool kPart>
WEFT_SIMD_INLINE void ReduceBlock(const float* x, int64_t n, int64_t stride, int64_t width, float* out) {
  using V = simd::F32<Arch>;
  constexpr int kLanes = Arch::kLanes;
  V total[kVectors];
  WEFT_UNROLL
  for (int k = 0; k < kVectors; ++k) total[k] = V::Broadcast(Op::kNeutral);
  for (int64_t begin = 0; begin < n; begin += kReduceChunk) {
    const int64_t end = n - begin < kReduceChunk ? n : begin + kReduceChunk;
    V chunk[kVectors];
    WEFT_UNROLL
    for (int k = 0; k < kVectors; ++k) chunk[k] = V::Broadcast(Op::kNeutral);
    const float* row = x + begin * stride;
    for (int64_t i = begin; i < end; ++i, row += stride) {
      WEFT_UNROLL
      for (int k = 0; k < kVectors; ++k) {
        chunk[k] = Op::Join(chunk[k], kPart ? V::LoadN(row, width) : V::Load(row + k * kLanes));
      }
    }
    WEFT_UNROLL
    for (int k = 0; k < kVectors; ++k) total[k] = begin == 0 ? chunk[k] : Op::Join(total[k], chunk[k]);
  }
  WEFT_UNROLL
  for (int k = 0; k < kVectors; ++k) {
    if (kPart) {
      total[k].StoreN(out, width);
    } else {
      total[k].Store(out + k * kLanes);
    }
  }
}

template <class Arch, class Op>
void ReduceColumns(const float* x, int64_t n, int64_t stride, int64_t columns, float* out) {
  constexpr int kVectors = 8, kLanes = Arch::kLanes;
  int64_t c = 0;
  for (; c + kVectors * kLanes <= columns; c += kVectors * kLanes) {
    ReduceBlock<Arch, Op, kVectors, false>(x + c, n, stride, 0, out + c);
  }
  for (; c + 2 * kLanes <= columns; c += 2 * kLanes) ReduceBlock<Arch, Op, 2, false>(x + c, n, stride, 0, out + c);
  if (c + kLanes <= columns) {
    ReduceBlock<Arch, Op, 1, false>(x + c, n, stride, 0, out + c);
    c += kLanes;
  }
  if (c < columns) ReduceBlock<Arch, Op, 1, true>(x + c, n, stride, columns - c, out + c);
}

template <class Arch>
const ReduceF32* ReduceF32Table() {
  static constexpr ReduceF32 kTable[] = {
      {ReduceRows<Arch, SumF32<Arch>>, ReduceColumns<Arch, SumF32<Arch>>},
      {ReduceRows<Arch, ProdF32<Arch>>, ReduceColumns<Arch, ProdF32<Arch>>},
      {ReduceRows<Arch, MaxF32<Arch>>, ReduceColumns<Arch, MaxF32<Arch>>},
      {ReduceRows<Arch, MinF32<Arch>>, ReduceColumns<Arch, MinF32<Arch>>},
  };
  return kTable;
}

}  // namespace weft

#endif  // WEFT_OPS_REDUCE_F32_KERNELS_BODY_H_
