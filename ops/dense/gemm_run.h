// One share of a product: blocks, packing, register tiles. Included by the per-ISA files only.
#ifndef WEFT_OPS_DENSE_GEMM_RUN_H_
#define WEFT_OPS_DENSE_GEMM_RUN_H_

#include <cstdint>

#include "ops/dense/gemm.h"
#include "ops/dense/gemm_pack.h"
#include "ops/dense/gemm_tile.h"

namespace weft::dense {

// A panel's (or block of a panel's) rows of B as the tiles read them.
struct BRows {
  const float* data;
  int64_t ld;
};

template <class Arch, bool kTransposeA>
struct Tiles {
  // kRows x width elements of C, in tiles as wide as registers allow.
  template <int kRows>
  static WEFT_SIMD_INLINE void Rows(const float* a, int64_t lda, BRows b, int64_t k, float* c, int64_t ldc,
                                    int64_t width, TileMode mode) {
    constexpr int kWidest = TileVectors<Arch>(kRows), kNarrow = kWidthStep / Arch::kLanes;
    int64_t done = 0;
    for (; done + kWidest * Arch::kLanes <= width; done += kWidest * Arch::kLanes) {
      Tile<Arch, kRows, kWidest, kTransposeA>(a, lda, b.data + done, b.ld, k, c + done, ldc, mode);
    }
    if constexpr (kNarrow == 1) {  // the rest in one tile
      switch (width - done) {
        case 16:
          return Tile<Arch, kRows, 1, kTransposeA>(a, lda, b.data + done, b.ld, k, c + done, ldc, mode);
        case 32:
          return Tile<Arch, kRows, 2, kTransposeA>(a, lda, b.data + done, b.ld, k, c + done, ldc, mode);
        case 48:
          return Tile<Arch, kRows, 3, kTransposeA>(a, lda, b.data + done, b.ld, k, c + done, ldc, mode);
        default:
          return;
      }
    } else if constexpr (kNarrow < kWidest) {
      for (; done < width; done += kWidthStep) {
        Tile<Arch, kRows, kNarrow, kTransposeA>(a, lda, b.data + done, b.ld, k, c + done, ldc, mode);
      }
    }
  }

  static WEFT_SIMD_INLINE void Any(int64_t rows, const float* a, int64_t lda, BRows b, int64_t k, float* c, int64_t ldc,
                                   int64_t width, TileMode mode) {
    switch (rows) {
      case 1:
        return Rows<1>(a, lda, b, k, c, ldc, width, mode);
      case 2:
        return Rows<2>(a, lda, b, k, c, ldc, width, mode);
      default:
        break;
    }
    if constexpr (TileShape<Arch>::kRows >= 6) {
      switch (rows) {
        case 3:
          return Rows<3>(a, lda, b, k, c, ldc, width, mode);
        case 4:
          return Rows<4>(a, lda, b, k, c, ldc, width, mode);
        case 5:
          return Rows<5>(a, lda, b, k, c, ldc, width, mode);
        default:
          return Rows<6>(a, lda, b, k, c, ldc, width, mode);
      }
    }
  }

  // C rows [0, rows) over the k's of one block. `first`: it is the first block.
  static void Multiply(int64_t rows, const float* a, int64_t lda, BRows b, int64_t k, int64_t chunk, bool first,
                       float* c, int64_t ldc, int64_t width) {
    constexpr int64_t kMost = TileShape<Arch>::kRows;
    while (rows > 0) {
      // What is left of up to two tiles is halved: a tile of one row wastes most of the registers.
      const int64_t tile = rows <= kMost ? rows : rows < 2 * kMost ? (rows + 1) / 2 : kMost;
      if (chunk == 0) {
        Any(tile, a, lda, b, k, c, ldc, width, first ? TileMode::kStart : TileMode::kContinue);
      } else {
        for (int64_t i = 0; i < k; i += chunk) {
          Any(tile, a + i * (kTransposeA ? lda : 1), lda, {b.data + i * b.ld, b.ld}, k - i < chunk ? k - i : chunk, c,
              ldc, width, first && i == 0 ? TileMode::kStart : TileMode::kAdd);
        }
      }
      rows -= tile;
      a += tile * (kTransposeA ? 1 : lda);
      c += tile * ldc;
    }
  }
};

// Rows [k0, k0 + k) of panel `panel`, in place or packed into `pack`.
template <class Arch>
BRows PrepareB(const GemmPlan& plan, const float* b, int64_t panel, int64_t width, int64_t k0, int64_t k, float* pack) {
  const int64_t column = panel * kPanel;
  const int64_t columns = plan.n - column < kPanel ? plan.n - column : kPanel;
  switch (plan.b_source) {
    case BSource::kPanels:
      return {b + (panel * plan.k + k0) * kPanel, kPanel};
    case BSource::kRows:
      // In place where a tile's last vector ends within the matrix: what it finds behind a row's end is not used.
      if (plan.thin && (k0 + k - 1) * plan.ldb + column + width <= plan.k * plan.ldb) {
        return {b + k0 * plan.ldb + column, plan.ldb};
      }
      PackRows<Arch>(b + k0 * plan.ldb + column, plan.ldb, k, columns, width, pack);
      break;
    case BSource::kTransposedRows:
      PackTransposed<Arch>(b + column * plan.ldb + k0, plan.ldb, k, columns, width, pack);
      break;
    case BSource::kTransposedPanels:
      for (int64_t i = 0; i < k;) {
        const int64_t at = (k0 + i) % kPanel, count = k - i < kPanel - at ? k - i : kPanel - at;
        const float* from = b + ((k0 + i) / kPanel * plan.n + column) * kPanel + at;
        PackTransposed<Arch>(from, kPanel, count, columns, width, pack + i * width);
        i += count;
      }
      break;
  }
  return {pack, width};
}

// kVectors vectors and `rest` elements of each row.
template <class Arch, int kVectors>
WEFT_SIMD_INLINE void CopyRowsOf(const float* from, int64_t from_ld, float* to, int64_t to_ld, int64_t rows,
                                 int64_t rest) {
  using V = simd::F32<Arch>;
  constexpr int64_t kWhole = kVectors * Arch::kLanes;
  for (int64_t r = 0; r < rows; ++r, from += from_ld, to += to_ld) {
    WEFT_UNROLL
    for (int v = 0; v < kVectors; ++v) V::Load(from + v * Arch::kLanes).Store(to + v * Arch::kLanes);
    if (rest > 0) V::LoadN(from + kWhole, rest).StoreN(to + kWhole, rest);
  }
}

// See GemmFns::copy_rows. Bits only: any element of 4 bytes passes.
template <class Arch>
void CopyRows(const void* from, int64_t from_ld, void* to, int64_t to_ld, int64_t rows, int64_t columns) {
  const float* source = static_cast<const float*>(from);
  float* target = static_cast<float*>(to);
  constexpr int64_t kStep = 4 * Arch::kLanes;
  for (; columns >= kStep; columns -= kStep, source += kStep, target += kStep) {
    CopyRowsOf<Arch, 4>(source, from_ld, target, to_ld, rows, 0);
  }
  const int64_t rest = columns % Arch::kLanes;
  switch (columns / Arch::kLanes) {
    case 3:
      return CopyRowsOf<Arch, 3>(source, from_ld, target, to_ld, rows, rest);
    case 2:
      return CopyRowsOf<Arch, 2>(source, from_ld, target, to_ld, rows, rest);
    case 1:
      return CopyRowsOf<Arch, 1>(source, from_ld, target, to_ld, rows, rest);
    default:
      return CopyRowsOf<Arch, 0>(source, from_ld, target, to_ld, rows, rest);
  }
}

// See GemmFns::compact. A row's last vector runs into the place of the next one, which comes after it; rows not yet
// moved lie further on.
template <class Arch>
void CompactRows(float* rows, int64_t count, int64_t width, int64_t n) {
  using V = simd::F32<Arch>;
  for (int64_t r = 1; r < count; ++r) {
    for (int64_t c = 0; c < n; c += Arch::kLanes) V::Load(rows + r * width + c).Store(rows + r * n + c);
  }
}

// Hands a finished block on: to the consumer, or to C where it was made in scratch.
template <class Arch>
void FinishBlock(const GemmPlan& plan, const GemmCall& call, const Block& block) {
  if (plan.consume != nullptr) {
    plan.consume(call.context, block);
    return;
  }
  for (int64_t q = 0; q < block.panels; ++q) {
    const int64_t column = (block.panel + q) * kPanel;
    const int64_t columns = plan.n - column < kPanel ? plan.n - column : kPanel;
    CopyRows<Arch>(block.product + q * block.rows * block.width, block.width, call.c + block.row * plan.ldc + column,
                   plan.ldc, block.rows, columns);
  }
}

// GemmPlan::whole_rows.
template <class Arch, bool kTransposeA>
void RunWholeRows(const GemmPlan& plan, const GemmCall& call) {
  float* const product = reinterpret_cast<float*>(call.scratch + plan.product_offset);
  const int64_t width = plan.n / plan.gates;
  for (int64_t row = call.row_begin; row < call.row_end; row += plan.block_rows) {
    const int64_t rows = row + plan.block_rows < call.row_end ? plan.block_rows : call.row_end - row;
    const float* a = call.a + (kTransposeA ? row : row * plan.lda);
    for (int64_t gate = 0; gate < plan.gates; ++gate) {
      for (int64_t panel = 0; panel < plan.panels; ++panel) {
        const BRows b{call.b + (gate * plan.panels + panel) * plan.k * kPanel, kPanel};
        float* c = product + gate * rows * width + panel * kPanel;
        Tiles<Arch, kTransposeA>::Multiply(rows, a, plan.lda, b, plan.k, plan.chunk, true, c, width, kPanel);
      }
    }
    plan.consume(call.context, {product, row, rows, 0, 1, width});
  }
}

// GemmPlan::group_panels > 0.
template <class Arch, bool kTransposeA>
void RunLongSums(const GemmPlan& plan, const GemmCall& call) {
  float* const pack = reinterpret_cast<float*>(call.scratch + plan.pack_offset);
  float* const product = reinterpret_cast<float*>(call.scratch + plan.product_offset);
  for (int64_t m0 = call.row_begin; m0 < call.row_end; m0 += plan.m_block) {
    const int64_t m = m0 + plan.m_block < call.row_end ? plan.m_block : call.row_end - m0;
    for (int64_t p0 = call.panel_begin; p0 < call.panel_end; p0 += plan.group_panels) {
      const int64_t p1 = p0 + plan.group_panels < call.panel_end ? p0 + plan.group_panels : call.panel_end;
      const auto width_of = [&](int64_t panel) { return panel == plan.panels - 1 ? plan.last_width : kPanel; };
      const auto sums_of = [&](int64_t panel) { return product + (panel - p0) * m * kPanel; };
      for (int64_t k0 = 0; k0 < plan.k; k0 += plan.k_block) {
        const int64_t k = plan.k - k0 < plan.k_block ? plan.k - k0 : plan.k_block;
        const float* a = call.a + (kTransposeA ? k0 * plan.lda + m0 : m0 * plan.lda + k0);
        for (int64_t panel = p0; panel < p1; ++panel) {
          const int64_t width = width_of(panel);
          const BRows b = PrepareB<Arch>(plan, call.b, panel, width, k0, k, pack);
          Tiles<Arch, kTransposeA>::Multiply(m, a, plan.lda, b, k, plan.chunk, k0 == 0, sums_of(panel), width, width);
        }
      }
      for (int64_t panel = p0; panel < p1; ++panel) {
        const int64_t width = width_of(panel);
        for (int64_t row = 0; row < m; row += plan.block_rows) {
          const int64_t rows = row + plan.block_rows < m ? plan.block_rows : m - row;
          FinishBlock<Arch>(plan, call, {sums_of(panel) + row * width, m0 + row, rows, panel, 1, width});
        }
      }
    }
  }
}

template <class Arch, bool kTransposeA>
void RunShare(const GemmPlan& plan, const GemmCall& call) {
  if (plan.whole_rows) return RunWholeRows<Arch, kTransposeA>(plan, call);
  if (plan.group_panels > 0) return RunLongSums<Arch, kTransposeA>(plan, call);
  float* const pack = reinterpret_cast<float*>(call.scratch + plan.pack_offset);
  float* const product = reinterpret_cast<float*>(call.scratch + plan.product_offset);
  const bool one_k_block = plan.k <= plan.k_block;
  for (int64_t m0 = call.row_begin; m0 < call.row_end; m0 += plan.m_block) {
    const int64_t m1 = m0 + plan.m_block < call.row_end ? m0 + plan.m_block : call.row_end;
    for (int64_t panel = call.panel_begin; panel < call.panel_end;) {
      // Panels of one block: of one width.
      const bool last = panel == plan.panels - 1;
      const int64_t width = last ? plan.last_width : kPanel;
      int64_t panels = call.panel_end - panel < plan.block_panels ? call.panel_end - panel : plan.block_panels;
      if (panel + panels == plan.panels && plan.last_width != kPanel && panels > 1) --panels;
      const bool direct = plan.consume == nullptr && (panel + panels) * kPanel <= plan.n;
      // The loop runs once where k is 0, so that C becomes 0.
      const int64_t parts = plan.gates > 1 ? plan.gates : panels, part_step = plan.gates > 1 ? plan.panels : 1;
      for (int64_t k0 = 0; k0 == 0 || k0 < plan.k; k0 += plan.k_block) {
        const int64_t k = plan.k - k0 < plan.k_block ? plan.k - k0 : plan.k_block;
        for (int64_t q = 0; q < parts; ++q) {
          const BRows b = PrepareB<Arch>(plan, call.b, panel + q * part_step, width, k0, k, pack);
          for (int64_t row = m0; row < m1; row += plan.block_rows) {
            const int64_t rows = row + plan.block_rows < m1 ? plan.block_rows : m1 - row;
            float* c = direct ? call.c + row * plan.ldc + (panel + q) * kPanel
                              : product + (one_k_block ? 0 : row - m0) * width + q * rows * width;
            const float* a = call.a + (kTransposeA ? k0 * plan.lda + row : row * plan.lda + k0);
            Tiles<Arch, kTransposeA>::Multiply(rows, a, plan.lda, b, k, plan.chunk, k0 == 0, c,
                                               direct ? plan.ldc : width, width);
            if (!direct && one_k_block && q == parts - 1) {
              FinishBlock<Arch>(plan, call, {product, row, rows, panel, panels, width});
            }
          }
        }
      }
      if (!direct && !one_k_block) {
        for (int64_t row = m0; row < m1; row += plan.block_rows) {
          const int64_t rows = row + plan.block_rows < m1 ? plan.block_rows : m1 - row;
          FinishBlock<Arch>(plan, call, {product + (row - m0) * width, row, rows, panel, panels, width});
        }
      }
      panel += panels;
    }
  }
}

template <class Arch>
void RunGemm(const GemmPlan& plan, const GemmCall& call) {
  if (plan.transpose_a) {
    RunShare<Arch, true>(plan, call);
  } else {
    RunShare<Arch, false>(plan, call);
  }
}

// kVectors vectors of columns, or (kPart) the first `rest` columns of one.
template <class Arch, int kVectors, bool kPart>
WEFT_SIMD_INLINE void ColumnSumsOf(const float* b, int64_t ldb, int64_t k, int64_t rest, float* to) {
  using V = simd::F32<Arch>;
  constexpr int64_t kChunk = 256;
  V total[kVectors];
  WEFT_UNROLL
  for (int v = 0; v < kVectors; ++v) total[v] = V::Zero();
  for (int64_t k0 = 0; k0 < k; k0 += kChunk) {
    const int64_t k1 = k - k0 < kChunk ? k : k0 + kChunk;
    V sum[kVectors];
    WEFT_UNROLL
    for (int v = 0; v < kVectors; ++v) sum[v] = V::Zero();
    for (int64_t i = k0; i < k1; ++i) {
      const float* row = b + i * ldb;
      WEFT_UNROLL
      for (int v = 0; v < kVectors; ++v) {
        sum[v] = Add(sum[v], kPart ? V::LoadN(row, rest) : V::Load(row + v * Arch::kLanes));
      }
    }
    WEFT_UNROLL
    for (int v = 0; v < kVectors; ++v) total[v] = k0 == 0 ? sum[v] : Add(total[v], sum[v]);
  }
  WEFT_UNROLL
  for (int v = 0; v < kVectors; ++v) {
    if (kPart) {
      total[v].StoreN(to, rest);
    } else {
      total[v].Store(to + v * Arch::kLanes);
    }
  }
}

// See GemmFns::column_sums.
template <class Arch>
void ColumnSums(const float* b, int64_t ldb, int64_t k, int64_t columns, float* to) {
  constexpr int64_t kLanes = Arch::kLanes;
  int64_t c = 0;
  for (; c + 4 * kLanes <= columns; c += 4 * kLanes) ColumnSumsOf<Arch, 4, false>(b + c, ldb, k, 0, to + c);
  for (; c + kLanes <= columns; c += kLanes) ColumnSumsOf<Arch, 1, false>(b + c, ldb, k, 0, to + c);
  if (c < columns) ColumnSumsOf<Arch, 1, true>(b + c, ldb, k, columns - c, to + c);
}

}  // namespace weft::dense

#endif  // WEFT_OPS_DENSE_GEMM_RUN_H_
