// Brings a part of B into panel form: rows of `width` consecutive columns, one k after the other. Included by the
// per-ISA files only.
#ifndef WEFT_OPS_DENSE_GEMM_PACK_H_
#define WEFT_OPS_DENSE_GEMM_PACK_H_

#include <cstdint>

#include "core/simd/transpose.h"
#include "core/simd/vec.h"

namespace weft::dense {

// kVectors vectors of each of the k rows, then, if rest > 0, one of which only `rest` elements are there; then zeros.
template <class Arch, int kVectors>
WEFT_SIMD_INLINE void PackRowsOf(const float* from, int64_t ld, int64_t k, int64_t rest, int64_t width, float* to) {
  using V = simd::F32<Arch>;
  constexpr int64_t kLanes = Arch::kLanes, kWhole = kVectors * kLanes;
  const int64_t zeros = kWhole + (rest > 0 ? kLanes : 0);
  for (int64_t i = 0; i < k; ++i, from += ld, to += width) {
    V row[kVectors + 1];
    WEFT_UNROLL
    for (int v = 0; v < kVectors; ++v) row[v] = V::Load(from + v * kLanes);
    WEFT_UNROLL
    for (int v = 0; v < kVectors; ++v) row[v].Store(to + v * kLanes);
    if (rest > 0) V::LoadN(from + kWhole, rest).Store(to + kWhole);
    for (int64_t c = zeros; c < width; c += kLanes) V::Zero().Store(to + c);
  }
}

// to[i * width + c] = from[i * ld + c] for c < columns, 0 for the other c < width <= 64.
template <class Arch>
void PackRows(const float* from, int64_t ld, int64_t k, int64_t columns, int64_t width, float* to) {
  using V = simd::F32<Arch>;
  constexpr int64_t kLanes = Arch::kLanes;
  if (columns == 64) return PackRowsOf<Arch, 64 / kLanes>(from, ld, k, 0, width, to);
  if constexpr (kLanes == 16) {
    switch (columns / kLanes) {
      case 0:
        return PackRowsOf<Arch, 0>(from, ld, k, columns, width, to);
      case 1:
        return PackRowsOf<Arch, 1>(from, ld, k, columns % kLanes, width, to);
      case 2:
        return PackRowsOf<Arch, 2>(from, ld, k, columns % kLanes, width, to);
      default:
        return PackRowsOf<Arch, 3>(from, ld, k, columns % kLanes, width, to);
    }
  }
  for (int64_t i = 0; i < k; ++i, from += ld, to += width) {
    for (int64_t c = 0; c < width; c += kLanes) {
      const int64_t there = columns - c;
      const V v = there >= kLanes ? V::Load(from + c) : there > 0 ? V::LoadN(from + c, there) : V::Zero();
      v.Store(to + c);
    }
  }
}

// to[i * width + c] = from[c * ld + i] for c < columns, 0 for the other c < width; i < k.
template <class Arch>
void PackTransposed(const float* from, int64_t ld, int64_t k, int64_t columns, int64_t width, float* to) {
  using V = simd::F32<Arch>;
  constexpr int kLanes = Arch::kLanes;
  for (int64_t c = 0; c < width; c += kLanes) {
    const int64_t rows = columns - c;
    const float* source = from + c * ld;
    int64_t i = 0;
    if (rows >= kLanes) {
      for (; i + kLanes <= k; i += kLanes) {
        V x[kLanes];
        WEFT_UNROLL
        for (int r = 0; r < kLanes; ++r) x[r] = V::Load(source + r * ld + i);
        simd::Transpose<Arch>(x);
        WEFT_UNROLL
        for (int r = 0; r < kLanes; ++r) x[r].Store(to + (i + r) * width + c);
      }
    }
    for (; i < k; i += kLanes) {
      const int64_t count = k - i < kLanes ? k - i : kLanes;
      V x[kLanes];
      WEFT_UNROLL
      for (int r = 0; r < kLanes; ++r) x[r] = r < rows ? V::LoadN(source + r * ld + i, count) : V::Zero();
      simd::Transpose<Arch>(x);
      WEFT_UNROLL
      for (int r = 0; r < kLanes; ++r) {
        if (r < count) x[r].Store(to + (i + r) * width + c);
      }
    }
  }
}

}  // namespace weft::dense

#endif  // WEFT_OPS_DENSE_GEMM_PACK_H_
