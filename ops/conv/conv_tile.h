// The register tiles of convolutions. Included by the per-ISA files only.
#ifndef WEFT_OPS_CONV_CONV_TILE_H_
#define WEFT_OPS_CONV_CONV_TILE_H_

#include <cstdint>

#include "core/simd/vec.h"
#include "ops/conv/conv_plan.h"

namespace weft::conv {

// Vectors of the widest tile, and the most rows of one that is so many vectors wide, by registers: accumulators, a row
// of the kernel, an element of the source.
template <class Arch>
struct TileShape;
template <>
struct TileShape<simd::Avx512> {
  static constexpr int kVectors = 4;
  static constexpr int Rows(int vectors) { return vectors == 4 ? 6 : vectors == 3 ? 8 : 13; }
};
template <>
struct TileShape<simd::Avx2> {
  static constexpr int kVectors = 2;
  static constexpr int Rows(int) { return 6; }
};
template <>
struct TileShape<simd::Baseline> {
  static constexpr int kVectors = 4;
  static constexpr int Rows(int) { return 2; }
};
inline constexpr int kMostRows = 13;

// The terms of a position: `rows` rows of `taps` runs. A run goes over as many rows of the kernel, one behind the
// other, and runs of a row follow each other there.
struct Terms {
  int64_t rows, source_row, kernel_row;  // and the elements from one row to the next
  int64_t taps, source_tap;
  int64_t run;
};

// Position r begins at a + r * lda. `go_on`: C is the first part of the chain.
template <class Arch, int kRows, int kVectors>
__attribute__((noinline)) void ConvTile(const float* a, int64_t lda, const Terms& terms, const float* b, int64_t ldb,
                                        float* c, int64_t ldc, bool go_on) {
  using V = simd::F32<Arch>;
  constexpr int kLanes = Arch::kLanes;
  V acc[kRows][kVectors];
  if (go_on) {
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
  const int64_t run = terms.run, taps = terms.taps;
  for (int64_t i = 0; i < terms.rows; ++i, a += terms.source_row, b += terms.kernel_row) {
    const float *tap = a, *k = b;
    for (int64_t t = 0; t < taps; ++t, tap += terms.source_tap) {
      const float* x = tap;
      for (const float* end = x + run; x != end; ++x) {
        V row[kVectors];
        WEFT_UNROLL
        for (int v = 0; v < kVectors; ++v) row[v] = V::Load(k + v * kLanes);
        WEFT_UNROLL
        for (int r = 0; r < kRows; ++r) {
          const V y = V::Broadcast(x[r * lda]);
          WEFT_UNROLL
          for (int v = 0; v < kVectors; ++v) acc[r][v] = Fma(y, row[v], acc[r][v]);
        }
        k += ldb;
      }
    }
  }
  // Keeps the compiler from working out all the addresses beforehand.
  __asm__("" : "+r"(c), "+r"(ldc));
  WEFT_UNROLL
  for (int r = 0; r < kRows; ++r) {
    WEFT_UNROLL
    for (int v = 0; v < kVectors; ++v) acc[r][v].Store(c + r * ldc + v * kLanes);
  }
}

using ConvTileFn = void (*)(const float* a, int64_t lda, const Terms& terms, const float* b, int64_t ldb, float* c,
                            int64_t ldc, bool go_on);

// The tile of so many rows, of those that there are.
template <class Arch, int kVectors>
WEFT_SIMD_INLINE ConvTileFn ConvTileOf(int64_t rows) {
  constexpr int kMost = TileShape<Arch>::Rows(kVectors);
#define WEFT_CONV_TILE(r) &ConvTile<Arch, (r) < kMost ? (r) : kMost, kVectors>
  static constexpr ConvTileFn kTiles[kMostRows + 1] = {nullptr,
                                                       WEFT_CONV_TILE(1),
                                                       WEFT_CONV_TILE(2),
                                                       WEFT_CONV_TILE(3),
                                                       WEFT_CONV_TILE(4),
                                                       WEFT_CONV_TILE(5),
                                                       WEFT_CONV_TILE(6),
                                                       WEFT_CONV_TILE(7),
                                                       WEFT_CONV_TILE(8),
                                                       WEFT_CONV_TILE(9),
                                                       WEFT_CONV_TILE(10),
                                                       WEFT_CONV_TILE(11),
                                                       WEFT_CONV_TILE(12),
                                                       WEFT_CONV_TILE(13)};
#undef WEFT_CONV_TILE
  return kTiles[rows];
}

template <class Arch>
WEFT_SIMD_INLINE simd::F32<Arch> LoadColumns(const float* p, bool part, int64_t rest) {
  return part ? simd::F32<Arch>::LoadN(p, rest) : simd::F32<Arch>::Load(p);
}

// Each column sees its own channel: element v of a tap is the source of column v. Of the last vector, `rest` columns
// are there (kPart).
template <class Arch, int kRows, int kVectors, bool kPart>
__attribute__((noinline)) void DepthwiseTile(const float* a, int64_t lda, const Terms& terms, const float* b,
                                             int64_t ldb, int64_t rest, float* c, int64_t ldc) {
  using V = simd::F32<Arch>;
  constexpr int kLanes = Arch::kLanes, kLast = kPart ? kVectors - 1 : kVectors;
  V acc[kRows][kVectors];
  WEFT_UNROLL
  for (int r = 0; r < kRows; ++r) {
    WEFT_UNROLL
    for (int v = 0; v < kVectors; ++v) acc[r][v] = V::Zero();
  }
  for (int64_t i = 0; i < terms.rows; ++i, a += terms.source_row, b += terms.kernel_row) {
    const float *x = a, *k = b;
    for (int64_t t = 0; t < terms.taps; ++t, x += terms.source_tap, k += ldb) {
      V row[kVectors];
      WEFT_UNROLL
      for (int v = 0; v < kVectors; ++v) row[v] = LoadColumns<Arch>(k + v * kLanes, v == kLast, rest);
      WEFT_UNROLL
      for (int r = 0; r < kRows; ++r) {
        WEFT_UNROLL
        for (int v = 0; v < kVectors; ++v) {
          acc[r][v] = Fma(LoadColumns<Arch>(x + r * lda + v * kLanes, v == kLast, rest), row[v], acc[r][v]);
        }
      }
    }
  }
  WEFT_UNROLL
  for (int r = 0; r < kRows; ++r) {
    WEFT_UNROLL
    for (int v = 0; v < kVectors; ++v) acc[r][v].Store(c + r * ldc + v * kLanes);
  }
}

}  // namespace weft::conv

#endif  // WEFT_OPS_CONV_CONV_TILE_H_
