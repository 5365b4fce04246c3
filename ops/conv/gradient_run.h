// One share of a kernel's gradient. Included by the per-ISA files only.
#ifndef WEFT_OPS_CONV_GRADIENT_RUN_H_
#define WEFT_OPS_CONV_GRADIENT_RUN_H_

#include <cstdint>
#include <cstring>

#include "ops/conv/conv_plan.h"
#include "ops/conv/conv_run.h"
#include "ops/conv/conv_tile.h"
#include "ops/conv/plain_body.h"

namespace weft::conv {

// Rows [first, first + rows) of the padded image, from the image. Template for the linker's sake (ops/isa.bzl).
template <class Arch>
void CopyStrip(const Source& source, const float* image, int64_t first, int64_t rows, float* to) {
  const int64_t row = source.row(), left = source.left * source.c;
  const int64_t there = source.width - source.left < source.w ? source.width - source.left : source.w;
  const int64_t inside = there * source.c, right = row - left - inside;
  for (int64_t r = first; r < first + rows; ++r, to += row) {
    const int64_t from = r - source.top;
    if (from < 0 || from >= source.h) {
      std::memset(to, 0, row * sizeof(float));
      continue;
    }
    std::memset(to, 0, left * sizeof(float));
    std::memcpy(to + left, image + from * source.w * source.c, inside * sizeof(float));
    std::memset(to + left + inside, 0, right * sizeof(float));
  }
}

// Rows of the result that a tile has at most: each has an address of its own.
inline constexpr int64_t kGradientRows = 6;

enum class SumMode : uint8_t {
  kStart,     // C = chain from 0
  kContinue,  // C = the chain that C is the first part of, continued
  kAdd,       // C = C + chain from 0
};

// What a tile sums over: `images` times the positions of a strip.
struct GradientTerms {
  const float* source;
  const int32_t* table;
  int64_t positions, images, source_image;
  const float* dy;
  int64_t ld_dy;
};

// kDepthwise: column v sees the source's element v.
template <class Arch, int kRows, int kVectors, bool kDepthwise>
__attribute__((noinline)) void GradientTile(const GradientTerms& terms, const int64_t* offsets, float* c, int64_t ldc,
                                            SumMode mode) {
  using V = simd::F32<Arch>;
  constexpr int kLanes = Arch::kLanes;
  V acc[kRows][kVectors];
  WEFT_UNROLL
  for (int r = 0; r < kRows; ++r) {
    WEFT_UNROLL
    for (int v = 0; v < kVectors; ++v) {
      acc[r][v] = mode == SumMode::kContinue ? V::Load(c + r * ldc + v * kLanes) : V::Zero();
    }
  }
  int64_t row_at[kRows];
  WEFT_UNROLL
  for (int r = 0; r < kRows; ++r) row_at[r] = offsets[r];
  const float *x = terms.source, *dy = terms.dy;
  const int64_t ld_dy = terms.ld_dy;
  const int32_t *const table = terms.table, *const end = table + terms.positions;
  for (int64_t n = 0; n < terms.images; ++n, x += terms.source_image) {
    for (const int32_t* at = table; at != end; ++at, dy += ld_dy) {
      const float* a = x + *at;
      V row[kVectors];
      WEFT_UNROLL
      for (int v = 0; v < kVectors; ++v) row[v] = V::Load(dy + v * kLanes);
      WEFT_UNROLL
      for (int r = 0; r < kRows; ++r) {
        WEFT_UNROLL
        for (int v = 0; v < kVectors; ++v) {
          const V y = kDepthwise ? V::Load(a + row_at[r] + v * kLanes) : V::Broadcast(a[row_at[r]]);
          acc[r][v] = Fma(y, row[v], acc[r][v]);
        }
      }
    }
  }
  __asm__("" : "+r"(c), "+r"(ldc));
  WEFT_UNROLL
  for (int r = 0; r < kRows; ++r) {
    WEFT_UNROLL
    for (int v = 0; v < kVectors; ++v) {
      float* to = c + r * ldc + v * kLanes;
      if (mode == SumMode::kAdd) acc[r][v] = Add(V::Load(to), acc[r][v]);
      acc[r][v].Store(to);
    }
  }
}

template <class Arch, int kVectors, bool kDepthwise>
WEFT_SIMD_INLINE void GradientRows(int64_t rows, const GradientTerms& terms, const int64_t* offsets, float* c,
                                   int64_t ldc, SumMode mode) {
  constexpr int kMost = Arch::kLanes == 4 ? 2 : static_cast<int>(kGradientRows);
  for (; rows > kMost; rows -= kMost, offsets += kMost, c += kMost * ldc) {
    GradientTile<Arch, kMost, kVectors, kDepthwise>(terms, offsets, c, ldc, mode);
  }
  switch (rows) {
    case 1:
      return GradientTile<Arch, 1, kVectors, kDepthwise>(terms, offsets, c, ldc, mode);
    case 2:
      return GradientTile<Arch, 2, kVectors, kDepthwise>(terms, offsets, c, ldc, mode);
    default:
      break;
  }
  if constexpr (kMost >= 6) {
    switch (rows) {
      case 3:
        return GradientTile<Arch, 3, kVectors, kDepthwise>(terms, offsets, c, ldc, mode);
      case 4:
        return GradientTile<Arch, 4, kVectors, kDepthwise>(terms, offsets, c, ldc, mode);
      case 5:
        return GradientTile<Arch, 5, kVectors, kDepthwise>(terms, offsets, c, ldc, mode);
      default:
        return GradientTile<Arch, 6, kVectors, kDepthwise>(terms, offsets, c, ldc, mode);
    }
  }
}

// `width` columns, a multiple of kWidthStep.
template <class Arch, bool kDepthwise>
void GradientColumns(int64_t rows, int64_t width, GradientTerms terms, const int64_t* offsets, float* c, int64_t ldc,
                     SumMode mode) {
  constexpr int kWidest = TileShape<Arch>::kVectors, kStep = kWidthStep / Arch::kLanes;
  constexpr int64_t kWide = kWidest * Arch::kLanes;
  for (; width >= kWide; width -= kWide, c += kWide) {
    GradientRows<Arch, kWidest, kDepthwise>(rows, terms, offsets, c, ldc, mode);
    terms.dy += kWide;
    if (kDepthwise) terms.source += kWide;
  }
  if constexpr (kStep == 1) {
    switch (width / kWidthStep) {
      case 1:
        return GradientRows<Arch, 1, kDepthwise>(rows, terms, offsets, c, ldc, mode);
      case 2:
        return GradientRows<Arch, 2, kDepthwise>(rows, terms, offsets, c, ldc, mode);
      case 3:
        return GradientRows<Arch, 3, kDepthwise>(rows, terms, offsets, c, ldc, mode);
      default:
        return;
    }
  }
}

// to = from, or to + from.
template <class Arch>
void AddSums(const float* from, int64_t ld_from, int64_t rows, int64_t width, bool add, float* to, int64_t ld_to) {
  using V = simd::F32<Arch>;
  for (int64_t r = 0; r < rows; ++r, from += ld_from, to += ld_to) {
    for (int64_t c = 0; c < width; c += Arch::kLanes) {
      const V v = V::Load(from + c);
      (add ? Add(V::Load(to + c), v) : v).Store(to + c);
    }
  }
}

// A unit of work: rows of one panel of the result.
template <class Arch>
struct Unit {
  int64_t group, row, rows, column, columns, width;

  Unit(const KernelGradientPlan& plan, int64_t unit) {
    const int64_t panel = unit / plan.row_tiles, tile = unit - panel * plan.row_tiles;
    group = panel / plan.group_panels;
    const int64_t inside = panel % plan.group_panels * plan.panel, left = plan.group_columns - inside;
    row = plan.group_rows * tile / plan.row_tiles;
    rows = plan.group_rows * (tile + 1) / plan.row_tiles - row;
    column = group * plan.group_columns + inside;
    columns = left < plan.panel ? left : plan.panel;
    width = (columns + kWidthStep - 1) / kWidthStep * kWidthStep;
  }
};

// Sums of dy's columns over chunks of 256 positions, as reduce_sum takes them; of the panels [begin, end).
template <class Arch>
class ColumnSums {
 public:
  ColumnSums(const KernelGradientPlan& plan, const KernelGradientCall& call) : plan_(plan) {
    begin_ = call.unit_begin > plan.units ? call.unit_begin - plan.units : 0;
    end_ = call.unit_end > plan.units ? call.unit_end - plan.units : 0;
    if (end_ < begin_) end_ = begin_;
    chains_ = reinterpret_cast<float*>(call.scratch + plan.column_sums_offset);
    totals_ = chains_ + plan.sum_units() * kPanel;
    std::memset(chains_, 0, 2 * plan.sum_units() * kPanel * sizeof(float));
  }

  // The next positions.
  void Add(const float* dy, int64_t positions) {
    if (begin_ == end_) return;
    while (positions > 0) {
      const int64_t count = kChunk - filled_ < positions ? kChunk - filled_ : positions;
      for (int64_t p = begin_; p < end_; ++p) {
        const int64_t column = p * kPanel;
        const int64_t columns = plan_.columns - column < kPanel ? plan_.columns - column : kPanel;
        AddRows(dy + column, count, columns, chains_ + column);
      }
      dy += count * plan_.columns;
      positions -= count;
      filled_ += count;
      if (filled_ == kChunk) EndChunk();
    }
  }

  void Consume(void* context) {
    if (filled_ > 0) EndChunk();
    for (int64_t p = begin_; p < end_; ++p) plan_.consume_sums(context, {totals_ + p * kPanel, 0, 1, p, 1, kPanel});
  }

 private:
  using V = simd::F32<Arch>;
  static constexpr int64_t kChunk = 256, kLanes = Arch::kLanes;

  void AddRows(const float* dy, int64_t rows, int64_t columns, float* chain) const {
    for (; columns >= 2 * kLanes; columns -= 2 * kLanes, dy += 2 * kLanes, chain += 2 * kLanes) {
      V a = V::Load(chain), b = V::Load(chain + kLanes);
      for (int64_t r = 0; r < rows; ++r) {
        a = simd::Add(a, V::Load(dy + r * plan_.columns));
        b = simd::Add(b, V::Load(dy + r * plan_.columns + kLanes));
      }
      a.Store(chain);
      b.Store(chain + kLanes);
    }
    for (; columns > 0; columns -= kLanes, dy += kLanes, chain += kLanes) {
      const int64_t rest = columns < kLanes ? columns : kLanes;
      V a = V::Load(chain);
      for (int64_t r = 0; r < rows; ++r) a = simd::Add(a, V::LoadN(dy + r * plan_.columns, rest));
      a.Store(chain);
    }
  }

  void EndChunk() {
    for (int64_t c = begin_ * kPanel; c < end_ * kPanel; c += kLanes) {
      const V chain = V::Load(chains_ + c);
      (first_ ? chain : simd::Add(V::Load(totals_ + c), chain)).Store(totals_ + c);
      V::Zero().Store(chains_ + c);
    }
    first_ = false;
    filled_ = 0;
  }

  const KernelGradientPlan& plan_;
  int64_t begin_ = 0, end_ = 0, filled_ = 0;
  bool first_ = true;
  float *chains_ = nullptr, *totals_ = nullptr;
};

// Columns [begin, end) of dy, rows [first, first + rows) of an image: what is given of the maxima, at their places.
template <class Arch>
void PlaceMaxima(const KernelGradientPlan& plan, const KernelGradientCall& call, int64_t image, int64_t first,
                 int64_t rows, int64_t begin, int64_t end, float* to) {
  using V = simd::F32<Arch>;
  const int64_t columns = plan.columns, pooled_h = plan.oh / 2, pooled_w = plan.ow / 2;
  const auto clear = [&](float* at, int64_t positions) {
    for (int64_t q = 0; q < positions; ++q) std::memset(at + q * columns + begin, 0, (end - begin) * sizeof(float));
  };
  for (int64_t r = first; r < first + rows; ++r, to += plan.ow * columns) {
    if (r / 2 >= pooled_h) {
      clear(to, plan.ow);
      continue;
    }
    const V left = V::Broadcast(r % 2 == 0 ? 0.0f : 2.0f), right = V::Broadcast(r % 2 == 0 ? 1.0f : 3.0f);
    const int64_t from = (image * pooled_h + r / 2) * pooled_w * columns;
    for (int64_t p = 0; p < pooled_w; ++p) {
      const float* d = call.dy + from + p * columns;
      const uint8_t* winners = call.winners + from + p * columns;
      float* const pair = to + 2 * p * columns;
      for (int64_t c = begin; c < end; c += Arch::kLanes) {
        const int64_t n = end - c;
        const V place = n >= Arch::kLanes ? simd::LoadU8<Arch>(winners + c) : simd::LoadU8N<Arch>(winners + c, n);
        const V v = Add(LoadLanes<Arch>(d + c, n), V::Zero());  // as the pooling's gradient: from +0
        StoreLanes<Arch>(Select(Eq(place, left), v, V::Zero()), pair + c, n);
        StoreLanes<Arch>(Select(Eq(place, right), v, V::Zero()), pair + columns + c, n);
      }
    }
    if (plan.ow % 2 != 0) clear(to + (plan.ow - 1) * columns, 1);
  }
}

template <class Arch>
void RunKernelGradient(const KernelGradientPlan& plan, const KernelGradientCall& call) {
  constexpr int64_t kTile = kGradientRows * kPanel;
  float* const strip = reinterpret_cast<float*>(call.scratch + plan.source_offset);
  float* const dy_copy = reinterpret_cast<float*>(call.scratch + plan.dy_offset);
  float* const sums = reinterpret_cast<float*>(call.scratch + plan.sums_offset);
  float* const chains = reinterpret_cast<float*>(call.scratch + plan.chain_offset);
  const int64_t positions = plan.positions(), unit_end = call.unit_end < plan.units ? call.unit_end : plan.units;
  ColumnSums<Arch> column_sums(plan, call);
  const auto total = [&](const Unit<Arch>& unit, int64_t u) {
    return plan.direct ? call.result + unit.row * plan.columns + unit.column : sums + (u - call.unit_begin) * kTile;
  };
  const auto ld_total = [&](const Unit<Arch>& unit) { return plan.direct ? plan.columns : unit.width; };
  // The columns of dy that the units need.
  int64_t own_begin = plan.columns, own_end = 0;
  for (int64_t u = call.unit_begin; u < call.unit_end; ++u) {
    const int64_t column = u < plan.units ? Unit<Arch>(plan, u).column : (u - plan.units) * kPanel;
    const int64_t end = column + (u < plan.units ? Unit<Arch>(plan, u).columns : kPanel);
    if (column < own_begin) own_begin = column;
    if (end > own_end) own_end = end < plan.columns ? end : plan.columns;
  }
  if (own_begin > own_end) own_begin = own_end;
  if (plan.n == 0 || positions == 0) {
    for (int64_t u = call.unit_begin; u < unit_end; ++u) {
      const Unit<Arch> unit(plan, u);
      for (int64_t r = 0; r < unit.rows; ++r) {
        std::memset(total(unit, u) + r * ld_total(unit), 0, unit.width * sizeof(float));
      }
    }
  }
  for (int64_t chunk = 0; chunk < plan.n && positions > 0; chunk += plan.chunk) {
    const int64_t images = plan.n - chunk < plan.chunk ? plan.n - chunk : plan.chunk;
    const bool whole = plan.strip_images >= images && plan.strip_rows >= plan.oh;
    for (int64_t image = 0; image < images; image += plan.strip_images) {
      const int64_t count = images - image < plan.strip_images ? images - image : plan.strip_images;
      for (int64_t row = 0; row < plan.oh; row += plan.strip_rows) {
        const int64_t rows = plan.oh - row < plan.strip_rows ? plan.oh - row : plan.strip_rows;
        GradientTerms terms{};
        terms.table = plan.table;
        terms.positions = rows * plan.ow;
        terms.images = count;
        terms.source_image = plan.source.image();
        terms.source = call.source + (chunk + image) * plan.source.image() + row * plan.step_h * plan.source.row();
        if (plan.source.padded) {
          const int64_t needed = plan.source_rows(rows);
          terms.source_image = needed * plan.source.row();
          for (int64_t k = 0; k < count; ++k) {
            CopyStrip<Arch>(plan.source, call.source + (chunk + image + k) * plan.source.image(), row * plan.step_h,
                            needed, strip + k * terms.source_image);
          }
          terms.source = strip;
        }
        terms.ld_dy = plan.columns;
        if (plan.pooled) {
          for (int64_t k = 0; k < count; ++k) {
            PlaceMaxima<Arch>(plan, call, chunk + image + k, row, rows, own_begin, own_end,
                              dy_copy + k * terms.positions * plan.columns);
          }
          terms.dy = dy_copy;
        } else {
          terms.dy = call.dy + ((chunk + image) * positions + row * plan.ow) * plan.columns;
        }
        if (plan.copies_dy && !plan.pooled) {
          std::memcpy(dy_copy, terms.dy, count * terms.positions * plan.columns * sizeof(float));
          terms.dy = dy_copy;
        }
        column_sums.Add(terms.dy, count * terms.positions);
        const bool first = image == 0 && row == 0;
        const bool last = image + count >= images && row + rows >= plan.oh;
        for (int64_t u = call.unit_begin; u < unit_end; ++u) {
          const Unit<Arch> unit(plan, u);
          float* const to = total(unit, u);
          float* const chain = chains + (u - call.unit_begin) * kTile;
          float* const c = whole ? to : chain;
          const int64_t ldc = whole ? ld_total(unit) : unit.width;
          const SumMode mode = whole   ? (chunk == 0 ? SumMode::kStart : SumMode::kAdd)
                               : first ? SumMode::kStart
                                       : SumMode::kContinue;
          GradientTerms own = terms;
          own.dy += unit.column;
          const int64_t* offsets = plan.offsets + unit.row;
          if (plan.depthwise) {
            own.source += unit.column;
            GradientColumns<Arch, true>(unit.rows, unit.width, own, offsets, c, ldc, mode);
          } else {
            own.source += unit.group * plan.group_source;
            GradientColumns<Arch, false>(unit.rows, unit.width, own, offsets, c, ldc, mode);
          }
          if (!whole && last) {
            AddSums<Arch>(chain, unit.width, unit.rows, unit.width, chunk > 0, to, ld_total(unit));
          }
        }
      }
    }
  }
  column_sums.Consume(call.context);
  if (plan.direct) return;
  for (int64_t u = call.unit_begin; u < unit_end; ++u) {
    const Unit<Arch> unit(plan, u);
    dense::CopyRows<Arch>(sums + (u - call.unit_begin) * kTile, unit.width,
                          call.result + unit.row * plan.columns + unit.column, plan.columns, unit.rows, unit.columns);
  }
}

}  // namespace weft::conv

#endif  // WEFT_OPS_CONV_GRADIENT_RUN_H_
