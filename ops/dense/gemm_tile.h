// The register tile: MR x (NV vectors) elements of C in registers, over a range of k. Included by the per-ISA files
// only.
#ifndef WEFT_OPS_DENSE_GEMM_TILE_H_
#define WEFT_OPS_DENSE_GEMM_TILE_H_

#include <cstdint>

#include "core/simd/vec.h"

namespace weft::dense {

// What a tile starts from and what it leaves behind.
enum class TileMode : uint8_t {
  kStart,     // C = chain from 0
  kContinue,  // C = the chain that C is the first part of, continued
  kAdd,       // C = C + chain from 0
};

// Rows and vectors of the largest tile, by registers: accumulators, a row of B and a broadcast element of A.
template <class Arch>
struct TileShape;
template <>
struct TileShape<simd::Avx512> {
  static constexpr int kRows = 6, kVectors = 4;  // 24 + 4 + 1 of 32
};
template <>
struct TileShape<simd::Avx2> {
  static constexpr int kRows = 6, kVectors = 2;  // 12 + 2 + 1 of 16
};
template <>
struct TileShape<simd::Baseline> {
  static constexpr int kRows = 2, kVectors = 4;
};

// Vectors of a tile of so many rows: fewer rows leave registers for more columns.
template <class Arch>
constexpr int TileVectors(int rows) {
  if (Arch::kLanes == 8 && rows == 1) return 8;
  if (Arch::kLanes == 8 && rows == 2) return 4;
  return TileShape<Arch>::kVectors;
}

// C[r][..] over k elements: A(r, i) is a[r * lda + i], or a[i * lda + r] if kTransposeA; row i of B is b + i * ldb.
template <class Arch, int kRows, int kVectors, bool kTransposeA>
__attribute__((noinline)) void Tile(const float* a, int64_t lda, const float* b, int64_t ldb, int64_t k, float* c,
                                    int64_t ldc, TileMode mode) {
  using V = simd::F32<Arch>;
  constexpr int kLanes = Arch::kLanes;
  V acc[kRows][kVectors];
  if (mode == TileMode::kContinue) {
    WEFT_UNROLL
    for (int r = 0; r < kRows; ++r) {
      WEFT_UNROLL
      for (int v = 0; v < kVectors; ++v) acc[r][v] = V::Load(c + r * ldc + v * kLanes);
    }
  } else {
    WEFT_UNROLL
    for (int r = 0; r < kRows; ++r) {
      WEFT_UNROLL
      for (int v = 0; v < kVectors; ++v) acc[r][v] = V::Zero();
    }
  }
  for (int64_t i = 0; i < k; ++i) {
    V row[kVectors];
    WEFT_UNROLL
    for (int v = 0; v < kVectors; ++v) row[v] = V::Load(b + v * kLanes);
    WEFT_UNROLL
    for (int r = 0; r < kRows; ++r) {
      const V x = V::Broadcast(kTransposeA ? a[r] : a[r * lda]);
      WEFT_UNROLL
      for (int v = 0; v < kVectors; ++v) acc[r][v] = Fma(x, row[v], acc[r][v]);
    }
    a += kTransposeA ? lda : 1;
    b += ldb;
  }
  // Keeps the compiler from working out 24 addresses beforehand, which costs short products more than it saves.
  __asm__("" : "+r"(c), "+r"(ldc));
  WEFT_UNROLL
  for (int r = 0; r < kRows; ++r) {
    WEFT_UNROLL
    for (int v = 0; v < kVectors; ++v) {
      float* to = c + r * ldc + v * kLanes;
      if (mode == TileMode::kAdd) acc[r][v] = Add(V::Load(to), acc[r][v]);
      acc[r][v].Store(to);
    }
  }
}

}  // namespace weft::dense

#endif  // WEFT_OPS_DENSE_GEMM_TILE_H_
