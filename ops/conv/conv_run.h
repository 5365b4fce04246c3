// One share of a convolution: packing, blocks, register tiles. Included by the per-ISA files only.
#ifndef WEFT_OPS_CONV_CONV_RUN_H_
#define WEFT_OPS_CONV_CONV_RUN_H_

#include <cstdint>
#include <cstring>

#include "ops/conv/conv_plan.h"
#include "ops/conv/conv_tile.h"
#include "ops/conv/one_channel.h"
#include "ops/dense/gemm_run.h"

namespace weft::conv {

using dense::kPanel;
using dense::kWidthStep;

// Brings a panel's columns of the kernel into `to`, rows of panel.width.
template <class Arch>
void PackPanel(const ConvPlan& plan, const float* kernel, const Panel& panel, float* to) {
  if (plan.kernel_rows == KernelRows::kPacked) {
    return dense::PackRows<Arch>(kernel + panel.column, plan.ldb, plan.rows, panel.columns, panel.width, to);
  }
  for (int64_t t = 0; t < plan.num_taps; ++t, to += plan.tap_rows * panel.width) {
    const float* tap = kernel + plan.taps[t] * plan.tap_size;
    if (plan.kernel_rows == KernelRows::kReordered) {
      dense::PackRows<Arch>(tap + panel.column, plan.ldb, plan.tap_rows, panel.columns, panel.width, to);
    } else {  // a tap has a group's columns, all groups' rows
      dense::PackTransposed<Arch>(tap + panel.group_column * plan.ldb + panel.group * plan.tap_rows, plan.ldb,
                                  plan.tap_rows, panel.columns, panel.width, to);
    }
  }
}

// The panels [begin, end) that are packed at once.
template <class Arch>
void PackPanels(const ConvPlan& plan, const ConvCall& call, int64_t begin, int64_t end) {
  if (plan.kernel_rows == KernelRows::kInPlace) return;
  float* to = reinterpret_cast<float*>(call.scratch + plan.pack_offset);
  for (int64_t p = begin; p < end; ++p) {
    PackPanel<Arch>(plan, call.kernel, plan.panel[p], to);
    to += plan.rows * plan.panel[p].width;
  }
}

// Where a panel's rows of the kernel lie; `packed` is moved on.
struct KernelPanel {
  const float* b;
  int64_t ldb;
};
WEFT_SIMD_INLINE KernelPanel KernelOf(const ConvPlan& plan, const ConvCall& call, const Panel& panel,
                                      const float** packed) {
  if (plan.kernel_rows == KernelRows::kInPlace) return {call.kernel + panel.column, plan.ldb};
  const float* const b = *packed;
  *packed += plan.rows * panel.width;
  return {b, panel.width};
}

// `count` positions of one phase in one row of the result, from `a` on.
template <class Arch, int kVectors>
WEFT_SIMD_INLINE void RunTiles(int64_t count, const float* a, int64_t lda, const Terms& terms, const float* b,
                               int64_t ldb, float* c, int64_t ldc, bool go_on) {
  constexpr int64_t kMost = TileShape<Arch>::Rows(kVectors);
  // Tiles of about the same number of rows.
  for (int64_t tiles = (count + kMost - 1) / kMost; tiles > 0; --tiles) {
    const int64_t rows = (count + tiles - 1) / tiles;
    ConvTileOf<Arch, kVectors>(rows)(a, lda, terms, b, ldb, c, ldc, go_on);
    count -= rows;
    a += rows * lda;
    c += rows * ldc;
  }
}

template <class Arch, int kVectors, bool kPart>
WEFT_SIMD_INLINE void RunDepthwiseTiles(int64_t count, const float* a, int64_t lda, const Terms& terms, const float* b,
                                        int64_t ldb, int64_t rest, float* c, int64_t ldc) {
  constexpr int kRows = Arch::kLanes == 4 ? 2 : kVectors == 1 ? 8 : 4;
  for (; count >= kRows; count -= kRows, a += kRows * lda, c += kRows * ldc) {
    DepthwiseTile<Arch, kRows, kVectors, kPart>(a, lda, terms, b, ldb, rest, c, ldc);
  }
  for (; count > 0; --count, a += lda, c += ldc) {
    DepthwiseTile<Arch, 1, kVectors, kPart>(a, lda, terms, b, ldb, rest, c, ldc);
  }
}

// The same for all of a panel's columns.
template <class Arch>
void RunColumns(const ConvPlan& plan, int64_t count, int64_t columns, const float* a, int64_t lda, const Terms& terms,
                const float* b, int64_t ldb, float* c, int64_t ldc, bool go_on = false) {
  constexpr int kWidest = TileShape<Arch>::kVectors, kStep = kWidthStep / Arch::kLanes;
  constexpr int64_t kWide = kWidest * Arch::kLanes;
  if (plan.depthwise) {
    for (; columns >= kWide; columns -= kWide) {
      RunDepthwiseTiles<Arch, kWidest, false>(count, a, lda, terms, b, ldb, 0, c, ldc);
      a += kWide;
      b += kWide;
      c += kWide;
    }
    for (; columns > 0; columns -= Arch::kLanes) {
      const int64_t rest = columns < Arch::kLanes ? columns : Arch::kLanes;
      RunDepthwiseTiles<Arch, 1, true>(count, a, lda, terms, b, ldb, rest, c, ldc);
      a += Arch::kLanes;
      b += Arch::kLanes;
      c += Arch::kLanes;
    }
    return;
  }
  columns = (columns + kWidthStep - 1) / kWidthStep * kWidthStep;
  for (; columns >= kWide; columns -= kWide, b += kWide, c += kWide) {
    RunTiles<Arch, kWidest>(count, a, lda, terms, b, ldb, c, ldc, go_on);
  }
  if constexpr (kStep == 1) {
    switch (columns / kWidthStep) {
      case 1:
        return RunTiles<Arch, 1>(count, a, lda, terms, b, ldb, c, ldc, go_on);
      case 2:
        return RunTiles<Arch, 2>(count, a, lda, terms, b, ldb, c, ldc, go_on);
      case 3:
        return RunTiles<Arch, 3>(count, a, lda, terms, b, ldb, c, ldc, go_on);
      default:
        return;
    }
  }
}

WEFT_SIMD_INLINE int64_t FloorOf(int64_t a, int64_t b) { return b == 1 ? a : a >= 0 ? a / b : -((b - 1 - a) / b); }
WEFT_SIMD_INLINE int64_t CeilOf(int64_t a, int64_t b) { return -FloorOf(-a, b); }

// The taps [begin, end) that are inside a source of `size`, where the first is at `at`.
struct TapRange {
  int64_t begin, end;
};
WEFT_SIMD_INLINE TapRange InsideTaps(const Taps& taps, int64_t at, int64_t size) {
  TapRange range{at < 0 ? CeilOf(-at, taps.distance) : 0, at < size ? (size - 1 - at) / taps.distance + 1 : 0};
  if (range.end > taps.count) range.end = taps.count;
  if (range.end < range.begin) range.end = range.begin;
  return range;
}

// Positions [begin, end) of one phase in one row of the result. `source`: where the rows of the source begin that the
// sums take in; `terms.rows` of them.
template <class Arch>
void RunRow(const ConvPlan& plan, const Taps& taps, int64_t begin, int64_t end, int64_t columns, const float* source,
            Terms terms, const float* b, int64_t ldb, float* c, int64_t ldc) {
  const int64_t pixel = plan.c, lda = plan.step_w * pixel;
  // Of taps [first, last) of the positions.
  const auto set_taps = [&](int64_t first, int64_t last) {
    terms.taps = taps.joined && last > first ? 1 : last - first;
    terms.run = taps.joined ? (last - first) * plan.tap_run : plan.tap_run;
    terms.source_tap = taps.distance * pixel;
  };
  if (plan.by_taps) {
    using V = simd::F32<Arch>;
    const int64_t width = (columns + kWidthStep - 1) / kWidthStep * kWidthStep;
    for (int64_t q = begin; q < end; ++q) {
      for (int64_t v = 0; v < width; v += Arch::kLanes) V::Zero().Store(c + (q - begin) * ldc + v);
    }
    set_taps(0, 1);
    terms.taps = 1;
    const int64_t rows = terms.rows;
    terms.rows = 1;
    for (int64_t v = 0; v < rows; ++v, source += terms.source_row, b += terms.kernel_row) {
      for (int64_t t = 0; t < taps.count; ++t) {
        const int64_t at = taps.at + t * taps.distance;
        int64_t q0 = CeilOf(-at, plan.step_w), q1 = FloorOf(plan.w - 1 - at, plan.step_w) + 1;
        if (q0 < begin) q0 = begin;
        if (q1 > end) q1 = end;
        if (q0 >= q1) continue;
        RunColumns<Arch>(plan, q1 - q0, columns, source + (q0 * plan.step_w + at) * pixel, lda, terms,
                         b + t * plan.tap_run * ldb, ldb, c + (q0 - begin) * ldc, ldc, /*go_on=*/true);
      }
    }
    return;
  }
  for (int64_t q = begin; q < end;) {
    const int64_t at = q * plan.step_w + taps.at;
    float* const to = c + (q - begin) * ldc;
    if (q >= taps.inner_begin && q < taps.inner_end) {
      const int64_t stop = taps.inner_end < end ? taps.inner_end : end;
      set_taps(0, taps.count);
      RunColumns<Arch>(plan, stop - q, columns, source + at * pixel, lda, terms, b, ldb, to, ldc);
      q = stop;
      continue;
    }
    const TapRange inside = InsideTaps(taps, at, plan.w);
    set_taps(inside.begin, inside.end);
    RunColumns<Arch>(plan, 1, columns, source + (at + inside.begin * taps.distance) * pixel, lda, terms,
                     b + inside.begin * plan.tap_run * ldb, ldb, to, ldc);
    ++q;
  }
}

// `left` positions of one image in one panel, from (i, j) on; `source`: where the image begins. The sums; or what a
// plain body makes of them, but for results that are pooled.
template <class Arch>
void RunBlock(const ConvPlan& plan, const ConvCall& call, int64_t i, int64_t j, int64_t left, const Panel& panel,
              const float* source, KernelPanel kernel_panel, float* c, int64_t ldc) {
  if (plan.one_channel) {
    PlainBody<Arch> body(plan, call, panel.column);
    if (!plan.plain || plan.pool) body = {};
    return RunOneChannelBlock<Arch>(plan, i, j, left, panel.columns, source, kernel_panel.b, kernel_panel.ldb, body, c,
                                    ldc);
  }
  const int64_t columns = panel.columns, source_row = plan.w * plan.c, ldb = kernel_panel.ldb;
  source += panel.source;
  for (; left > 0; ++i, j = 0) {
    const int64_t count = plan.ow - j < left ? plan.ow - j : left;
    const int64_t q = plan.phases_h == 1 ? i : i / plan.phases_h, phase = i - q * plan.phases_h;
    const Taps& vertical = plan.vertical[phase];
    const int64_t at = q * plan.step_h + vertical.at;
    TapRange inside{0, vertical.count};
    if (q < vertical.inner_begin || q >= vertical.inner_end) inside = InsideTaps(vertical, at, plan.h);
    const float* const rows = source + (at + inside.begin * vertical.distance) * source_row;
    for (int64_t f = 0; f < plan.phases_w && f < count; ++f) {
      const int64_t column = plan.phases_w == 1 ? j + f : (j + f) / plan.phases_w;
      const int64_t phase_w = j + f - column * plan.phases_w;
      const Taps& horizontal = plan.horizontal[phase_w];
      Terms terms{};
      terms.rows = inside.end - inside.begin;
      terms.source_row = vertical.distance * source_row;
      terms.kernel_row = horizontal.count * plan.tap_run * ldb;
      const float* kernel =
          kernel_panel.b + plan.first_rows[phase * plan.phases_w + phase_w] * ldb + inside.begin * terms.kernel_row;
      const int64_t positions = plan.phases_w == 1 ? count : (count - f - 1) / plan.phases_w + 1;
      RunRow<Arch>(plan, horizontal, column, column + positions, columns, rows, terms, kernel, ldb, c + f * ldc,
                   ldc * plan.phases_w);
    }
    left -= count;
    c += count * ldc;
  }
}

// A block of `count` positions from (i, j) on, panels that are packed at once. `row`: the number of the first position
// among those of all images.
template <class Arch>
void RunPanels(const ConvPlan& plan, const ConvCall& call, int64_t row, int64_t i, int64_t j, int64_t count,
               int64_t panel_begin, int64_t panel_end, const float* source) {
  float* const product = reinterpret_cast<float*>(call.scratch + plan.product_offset);
  float* const stage = reinterpret_cast<float*>(call.scratch + plan.stage_offset);
  const float* packed = reinterpret_cast<const float*>(call.scratch + plan.pack_offset);
  for (int64_t p = panel_begin; p < panel_end; ++p) {
    const Panel& panel = plan.panel[p];
    const KernelPanel kernel = KernelOf(plan, call, panel, &packed);
    float* const result = call.result + row * plan.columns + panel.column;
    if (plan.direct) {
      RunBlock<Arch>(plan, call, i, j, count, panel, source, kernel, result, plan.columns);
    } else if (plan.staged) {
      RunBlock<Arch>(plan, call, i, j, count, panel, source, kernel, stage + panel.column, plan.stage_width());
    } else {
      RunBlock<Arch>(plan, call, i, j, count, panel, source, kernel, product, panel.width);
      if (plan.consume != nullptr) {
        plan.consume(call.context, {product, row, count, p, 1, panel.width});
      } else {
        dense::CopyRows<Arch>(product, panel.width, result, plan.columns, count, panel.columns);
      }
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
  if (call.begin >= call.end) return;
  const int64_t positions = plan.positions(), ow = plan.ow;
  const int64_t rows = plan.block_rows >= ow ? plan.block_rows / ow : 1;
  const int64_t first_image = call.begin / positions;
  for (int64_t panel = call.panel_begin; panel < call.panel_end; panel += plan.pack_panels) {
    const int64_t panel_end = panel + plan.pack_panels < call.panel_end ? panel + plan.pack_panels : call.panel_end;
    PackPanels<Arch>(plan, call, panel, panel_end);
    int64_t at = call.begin, first = first_image * positions;
    const float* source = call.source + first_image * plan.h * plan.w * plan.c;
    for (; at < call.end; first += positions, source += plan.h * plan.w * plan.c) {
      const int64_t end = first + positions < call.end ? first + positions : call.end;
      int64_t i = (at - first) / ow, j = at - first - i * ow;
      while (at < end) {
        // Whole rows (the first may have begun before), or a part of one.
        int64_t count = plan.block_rows >= ow ? rows * ow - j : ow - j < plan.block_rows ? ow - j : plan.block_rows;
        if (count > end - at) count = end - at;
        RunPanels<Arch>(plan, call, at, i, j, count, panel, panel_end, source);
        at += count;
        j += count;
        while (j >= ow) j -= ow, ++i;
      }
    }
  }
}

}  // namespace weft::conv

#endif  // WEFT_OPS_CONV_CONV_RUN_H_
