// One share of a convolution: strips, packing, blocks, register tiles. Included by the per-ISA files only.
#ifndef WEFT_OPS_CONV_CONV_RUN_H_
#define WEFT_OPS_CONV_CONV_RUN_H_

#include <cstdint>
#include <cstring>

#include "ops/conv/conv_plan.h"
#include "ops/conv/conv_tile.h"
#include "ops/dense/gemm_run.h"

namespace weft::conv {

using dense::kPanel;
using dense::kWidthStep;

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

// Brings a panel's columns of the kernel into `to`, rows of `width`.
template <class Arch>
void PackPanel(const ConvPlan& plan, const float* kernel, int64_t panel, float* to) {
  const int64_t width = plan.width(panel), columns = plan.panel_columns(panel);
  if (plan.kernel_rows == KernelRows::kPacked) {
    return dense::PackRows<Arch>(kernel + plan.first_column(panel), plan.ldb, plan.rows, columns, width, to);
  }
  for (int64_t t = 0; t < plan.num_taps; ++t, to += plan.tap_rows * width) {
    const float* tap = kernel + plan.taps[t] * plan.tap_size;
    if (plan.kernel_rows == KernelRows::kReordered) {
      dense::PackRows<Arch>(tap + plan.first_column(panel), plan.ldb, plan.tap_rows, columns, width, to);
    } else {
      // A tap has a group's columns, all groups' rows.
      const int64_t group = panel / plan.group_panels, column = panel % plan.group_panels * kPanel;
      dense::PackTransposed<Arch>(tap + column * plan.ldb + group * plan.tap_rows, plan.ldb, plan.tap_rows, columns,
                                  width, to);
    }
  }
}

// Positions of one phase in one row of the result, `count` of them from `a` on.
template <class Arch, int kVectors>
WEFT_SIMD_INLINE void RunTiles(int64_t count, const float* a, int64_t lda, const Phase& phase, const float* b,
                               int64_t ldb, float* c, int64_t ldc) {
  constexpr int64_t kMost = TileShape<Arch>::Rows(kVectors);
  // Tiles of about the same number of rows.
  for (int64_t tiles = (count + kMost - 1) / kMost; tiles > 0; --tiles) {
    const int64_t rows = (count + tiles - 1) / tiles;
    ConvTileOf<Arch, kVectors>(rows)(a, lda, phase, b, ldb, c, ldc);
    count -= rows;
    a += rows * lda;
    c += rows * ldc;
  }
}

template <class Arch, int kVectors, bool kPart>
WEFT_SIMD_INLINE void RunDepthwiseTiles(int64_t count, const float* a, int64_t lda, const Phase& phase, const float* b,
                                        int64_t ldb, int64_t rest, float* c, int64_t ldc) {
  constexpr int kRows = Arch::kLanes == 4 ? 2 : kVectors == 1 ? 8 : 4;
  for (; count >= kRows; count -= kRows, a += kRows * lda, c += kRows * ldc) {
    DepthwiseTile<Arch, kRows, kVectors, kPart>(a, lda, phase, b, ldb, rest, c, ldc);
  }
  for (; count > 0; --count, a += lda, c += ldc) {
    DepthwiseTile<Arch, 1, kVectors, kPart>(a, lda, phase, b, ldb, rest, c, ldc);
  }
}

// The same for all of a panel's columns.
template <class Arch>
void RunColumns(const ConvPlan& plan, int64_t count, int64_t columns, const float* a, int64_t lda, const Phase& phase,
                const float* b, int64_t ldb, float* c, int64_t ldc) {
  constexpr int kWidest = TileShape<Arch>::kVectors, kStep = kWidthStep / Arch::kLanes;
  constexpr int64_t kWide = kWidest * Arch::kLanes;
  if (plan.depthwise) {
    for (; columns >= kWide; columns -= kWide) {
      RunDepthwiseTiles<Arch, kWidest, false>(count, a, lda, phase, b, ldb, 0, c, ldc);
      a += kWide;
      b += kWide;
      c += kWide;
    }
    for (; columns > 0; columns -= Arch::kLanes) {
      const int64_t rest = columns < Arch::kLanes ? columns : Arch::kLanes;
      RunDepthwiseTiles<Arch, 1, true>(count, a, lda, phase, b, ldb, rest, c, ldc);
      a += Arch::kLanes;
      b += Arch::kLanes;
      c += Arch::kLanes;
    }
    return;
  }
  columns = (columns + kWidthStep - 1) / kWidthStep * kWidthStep;
  for (; columns >= kWide; columns -= kWide, b += kWide, c += kWide) {
    RunTiles<Arch, kWidest>(count, a, lda, phase, b, ldb, c, ldc);
  }
  if constexpr (kStep == 1) {
    switch (columns / kWidthStep) {
      case 1:
        return RunTiles<Arch, 1>(count, a, lda, phase, b, ldb, c, ldc);
      case 2:
        return RunTiles<Arch, 2>(count, a, lda, phase, b, ldb, c, ldc);
      case 3:
        return RunTiles<Arch, 3>(count, a, lda, phase, b, ldb, c, ldc);
      default:
        return;
    }
  }
}

// Positions [begin, end) of one image in one panel; `source`: where the (padded) image begins.
template <class Arch>
void RunBlock(const ConvPlan& plan, int64_t begin, int64_t end, int64_t panel, const float* source, const float* b,
              int64_t ldb, float* c, int64_t ldc) {
  const int64_t columns = plan.panel_columns(panel), pixel = plan.source.c;
  source += plan.depthwise ? plan.first_column(panel) : panel / plan.group_panels * plan.group_source;
  int64_t i = begin / plan.ow, j = begin - i * plan.ow;
  for (int64_t left = end - begin; left > 0; ++i, j = 0) {
    const int64_t count = plan.ow - j < left ? plan.ow - j : left;
    const Phase* phases = plan.phases;
    int64_t row = i;
    if (plan.phases_h > 1) {
      row = i / plan.phases_h;
      phases += (i - row * plan.phases_h) * plan.phases_w;
    }
    const float* a = source + row * plan.step_h * plan.source.row();
    if (plan.phases_w == 1) {
      const float* kernel = b + phases->first_row * ldb;
      RunColumns<Arch>(plan, count, columns, a + j * plan.step_w * pixel, plan.step_w * pixel, *phases, kernel, ldb, c,
                       ldc);
    } else {
      for (int64_t f = 0; f < plan.phases_w && f < count; ++f) {
        const int64_t first = j + f, column = first / plan.phases_w;
        const Phase& phase = phases[first - column * plan.phases_w];
        RunColumns<Arch>(plan, (count - f - 1) / plan.phases_w + 1, columns, a + column * plan.step_w * pixel,
                         plan.step_w * pixel, phase, b + phase.first_row * ldb, ldb, c + f * ldc, ldc * plan.phases_w);
      }
    }
    left -= count;
    c += count * ldc;
  }
}

// A block of positions, all panels of a batch. `first`: the number of the image's first position.
template <class Arch>
void RunPanels(const ConvPlan& plan, const ConvCall& call, int64_t first, int64_t begin, int64_t end,
               int64_t panel_begin, int64_t panel_end, const float* source) {
  float* const product = reinterpret_cast<float*>(call.scratch + plan.product_offset);
  float* const stage = reinterpret_cast<float*>(call.scratch + plan.stage_offset);
  const float* pack = reinterpret_cast<const float*>(call.scratch + plan.pack_offset);
  const int64_t count = end - begin, row = first + begin;
  for (int64_t panel = panel_begin; panel < panel_end; ++panel) {
    const int64_t width = plan.width(panel), column = plan.first_column(panel);
    const bool in_place = plan.kernel_rows == KernelRows::kInPlace;
    const float* b = in_place ? call.kernel + column : pack;
    pack += plan.rows * width;
    float* c = plan.direct ? call.result + row * plan.columns + column : plan.staged ? stage + column : product;
    const int64_t ldc = plan.direct ? plan.columns : plan.staged ? plan.stage_width() : width;
    RunBlock<Arch>(plan, begin, end, panel, source, b, in_place ? plan.ldb : width, c, ldc);
    if (plan.direct || plan.staged) continue;
    if (plan.consume != nullptr) {
      plan.consume(call.context, {product, row, count, panel, 1, width});
    } else {
      dense::CopyRows<Arch>(product, width, call.result + row * plan.columns + column, plan.columns, count,
                            plan.panel_columns(panel));
    }
  }
  if (!plan.staged) return;
  for (int64_t column = 0; column < plan.columns; column += kPanel) {
    const int64_t columns = plan.columns - column < kPanel ? plan.columns - column : kPanel;
    const int64_t width = (columns + kWidthStep - 1) / kWidthStep * kWidthStep;
    dense::CopyRows<Arch>(stage + column, plan.stage_width(), product, width, count, width);
    plan.consume(call.context, {product, row, count, column / kPanel, 1, width});
  }
}

template <class Arch>
void RunConv(const ConvPlan& plan, const ConvCall& call) {
  float* const pack = reinterpret_cast<float*>(call.scratch + plan.pack_offset);
  float* const strip = reinterpret_cast<float*>(call.scratch + plan.source_offset);
  const int64_t positions = plan.positions(), ow = plan.ow;
  for (int64_t panel = call.panel_begin; panel < call.panel_end; panel += plan.pack_panels) {
    const int64_t panel_end = panel + plan.pack_panels < call.panel_end ? panel + plan.pack_panels : call.panel_end;
    if (plan.kernel_rows != KernelRows::kInPlace) {
      float* to = pack;
      for (int64_t p = panel; p < panel_end; ++p, to += plan.rows * plan.width(p - 1)) {
        PackPanel<Arch>(plan, call.kernel, p, to);
      }
    }
    for (int64_t at = call.begin; at < call.end;) {
      const int64_t image = at / positions, first = image * positions, row = (at - first) / ow;
      int64_t end = first + (row + plan.strip_rows) * ow;
      if (end > first + positions) end = first + positions;
      if (end > call.end) end = call.end;
      const float* source = call.source + image * plan.source.image();
      if (plan.source.padded) {
        const int64_t last_row = (end - first - 1) / ow;
        const int64_t from = row / plan.phases_h * plan.step_h + plan.first_offset_row;
        int64_t to = last_row / plan.phases_h * plan.step_h + plan.last_offset_row + 1;
        if (to > plan.source.rows) to = plan.source.rows;
        CopyStrip<Arch>(plan.source, source, from, to - from, strip);
        source = strip - from * plan.source.row();
      }
      while (at < end) {
        // Whole rows, or a part of one.
        const int64_t i = (at - first) / ow;
        int64_t stop = plan.block_rows >= ow ? first + (i + plan.block_rows / ow) * ow : at + plan.block_rows;
        if (plan.block_rows < ow && stop > first + (i + 1) * ow) stop = first + (i + 1) * ow;
        if (stop > end) stop = end;
        RunPanels<Arch>(plan, call, first, at - first, stop - first, panel, panel_end, source);
        at = stop;
      }
    }
  }
}

}  // namespace weft::conv

#endif  // WEFT_OPS_CONV_CONV_RUN_H_
