// One share of a convolution whose result is pooled. Included by the per-ISA files only.
#ifndef WEFT_OPS_CONV_POOLED_RUN_H_
#define WEFT_OPS_CONV_POOLED_RUN_H_

#include <cstdint>

#include "ops/conv/conv_plan.h"
#include "ops/conv/conv_run.h"
#include "ops/conv/one_channel.h"
#include "ops/conv/plain_body.h"

namespace weft::conv {

// A plain body on the sums of two rows, `wide` positions of a panel's columns, or of one row that has no partner
// (`lower` is null). `to` may be null: no more than the maxima is wanted, and their places unless `winners` is null.
template <class Arch>
void FinishPair(const PlainBody<Arch>& body, const float* upper, const float* lower, int64_t ld, int64_t wide,
                int64_t columns, float* to, int64_t to_row, float* pooled, uint8_t* winners, int64_t ld_to) {
  using V = simd::F32<Arch>;
  const int64_t pairs = lower == nullptr ? 0 : wide / 2;
  for (int64_t p = 0; p < pairs; ++p, upper += 2 * ld, lower += 2 * ld, pooled += ld_to) {
    for (int64_t c = 0; c < columns; c += Arch::kLanes) {
      const int64_t n = columns - c;
      const V bias = body.Bias(c, n);
      const V s0 = LoadLanes<Arch>(upper + c, n), s1 = LoadLanes<Arch>(upper + ld + c, n);
      const V s2 = LoadLanes<Arch>(lower + c, n), s3 = LoadLanes<Arch>(lower + ld + c, n);
      if (to == nullptr) {
        uint8_t* const place = winners == nullptr ? nullptr : winners + p * ld_to + c;
        StoreLanes<Arch>(body.Maximum(s0, s1, s2, s3, bias, place, n), pooled + c, n);
        continue;
      }
      const V y0 = body.Apply(s0, bias), y1 = body.Apply(s1, bias), y2 = body.Apply(s2, bias),
              y3 = body.Apply(s3, bias);
      float* const at = to + 2 * p * ld_to + c;
      StoreLanes<Arch>(y0, at, n);
      StoreLanes<Arch>(y1, at + ld_to, n);
      StoreLanes<Arch>(y2, at + to_row, n);
      StoreLanes<Arch>(y3, at + to_row + ld_to, n);
      StoreLanes<Arch>(FirstMaximum<Arch>(y0, y1, y2, y3), pooled + c, n);
    }
  }
  if (to == nullptr) return;
  // Positions that no window has.
  for (int64_t q = 2 * pairs; q < wide; ++q, upper += ld) {
    for (int64_t c = 0; c < columns; c += Arch::kLanes) {
      const int64_t n = columns - c;
      const V bias = body.Bias(c, n);
      StoreLanes<Arch>(body.Apply(LoadLanes<Arch>(upper + c, n), bias), to + q * ld_to + c, n);
      if (lower == nullptr) continue;
      StoreLanes<Arch>(body.Apply(LoadLanes<Arch>(lower + (q - 2 * pairs) * ld + c, n), bias),
                       to + to_row + q * ld_to + c, n);
    }
  }
}

// `count` maxima of 2 x 2 positions in rows `upper` and `lower`.
template <class Arch>
void PoolRows(const float* upper, const float* lower, int64_t ld, int64_t count, int64_t columns, float* to,
              uint8_t* winners, int64_t ld_to) {
  if (winners != nullptr) {
    const PlainBody<Arch> none;
    return FinishPair<Arch>(none, upper, lower, ld, 2 * count, columns, nullptr, 0, to, winners, ld_to);
  }
  using V = simd::F32<Arch>;
  constexpr int64_t kLanes = Arch::kLanes;
  for (; count > 0; --count, upper += 2 * ld, lower += 2 * ld, to += ld_to) {
    int64_t c = 0;
    for (; c + kLanes <= columns; c += kLanes) {
      FirstMaximum(V::Load(upper + c), V::Load(upper + ld + c), V::Load(lower + c), V::Load(lower + ld + c))
          .Store(to + c);
    }
    const int64_t rest = columns - c;
    if (rest <= 0) continue;
    FirstMaximum(V::LoadN(upper + c, rest), V::LoadN(upper + ld + c, rest), V::LoadN(lower + c, rest),
                 V::LoadN(lower + ld + c, rest))
        .StoreN(to + c, rest);
  }
}

// A block: positions [j, j + wide) of `rows` rows of an image, from row i on, in one panel. i, and j and wide if there
// is a next position, are even.
template <class Arch>
void RunPooledBlock(const ConvPlan& plan, const ConvCall& call, int64_t image, int64_t i, int64_t rows, int64_t j,
                    int64_t wide, int64_t p, KernelPanel kernel, const float* source) {
  float* const product = reinterpret_cast<float*>(call.scratch + plan.product_offset);
  float* const stage = reinterpret_cast<float*>(call.scratch + plan.stage_offset);
  const Panel& panel = plan.panel[p];
  const int64_t first = image * plan.positions() + i * plan.ow + j;
  const int64_t pooled_h = plan.oh / 2, pooled_w = plan.ow / 2;
  float* to = call.pooled + ((image * pooled_h + i / 2) * pooled_w + j / 2) * plan.columns + panel.column;
  if (plan.plain) {
    const PlainBody<Arch> body(plan, call, panel.column);
    float* kept = plan.keep ? call.result + first * plan.columns + panel.column : nullptr;
    const int64_t product_row = wide * panel.width, kept_row = plan.ow * plan.columns;
    for (int64_t r = 0; r < rows; ++r) {
      RunBlock<Arch>(plan, call, i + r, j, wide, panel, source, kernel, product + r * product_row, panel.width);
    }
    for (int64_t r = 0; r < rows; r += 2, to += pooled_w * plan.columns) {
      const float* const upper = product + r * product_row;
      FinishPair<Arch>(body, upper, r + 1 < rows ? upper + product_row : nullptr, panel.width, wide, panel.columns,
                       kept, kept_row, to, plan.winners ? call.winners + (to - call.pooled) : nullptr, plan.columns);
      if (plan.keep) kept += 2 * kept_row;
    }
    return;
  }
  if (wide == plan.ow) {
    RunBlock<Arch>(plan, call, i, j, rows * wide, panel, source, kernel, product, panel.width);
    plan.consume(call.context, {product, plan.keep ? first : 0, rows * wide, p, 1, panel.width});
  } else {
    for (int64_t r = 0; r < rows; ++r) {
      RunBlock<Arch>(plan, call, i + r, j, wide, panel, source, kernel, product, panel.width);
      plan.consume(call.context, {product, plan.keep ? first + r * plan.ow : r * wide, wide, p, 1, panel.width});
    }
  }
  const float* from = (plan.keep ? call.result + first * plan.columns : stage) + panel.column;
  const int64_t row = (plan.keep ? plan.ow : wide) * plan.columns;
  for (int64_t r = 0; r + 2 <= rows; r += 2, from += 2 * row, to += pooled_w * plan.columns) {
    PoolRows<Arch>(from, from + row, plan.columns, wide / 2, panel.columns, to,
                   plan.winners ? call.winners + (to - call.pooled) : nullptr, plan.columns);
  }
}

template <class Arch>
void RunPooledConv(const ConvPlan& plan, const ConvCall& call) {
  if (plan.one_channel && plan.plain && plan.step_h == 1 && plan.step_w == 1) {
    return RunOneChannelPooled<Arch>(plan, call);
  }
  const int64_t image_pairs = plan.row_pairs();
  const bool whole_rows = plan.block_rows >= 2 * plan.ow;
  const int64_t block_pairs = whole_rows ? plan.block_rows / (2 * plan.ow) : 1;
  const int64_t block_wide = whole_rows ? plan.ow : plan.block_rows / 2;
  for (int64_t panel = call.panel_begin; panel < call.panel_end; panel += plan.pack_panels) {
    const int64_t panel_end = panel + plan.pack_panels < call.panel_end ? panel + plan.pack_panels : call.panel_end;
    PackPanels<Arch>(plan, call, panel, panel_end);
    for (int64_t at = call.begin; at < call.end;) {
      const int64_t image = at / image_pairs, pair = at - image * image_pairs;
      int64_t pairs = block_pairs < image_pairs - pair ? block_pairs : image_pairs - pair;
      if (pairs > call.end - at) pairs = call.end - at;
      const int64_t i = 2 * pair, rows = 2 * pairs < plan.oh - i ? 2 * pairs : plan.oh - i;
      const float* const source = call.source + image * plan.h * plan.w * plan.c;
      for (int64_t j = 0; j < plan.ow; j += block_wide) {
        const int64_t wide = plan.ow - j < block_wide ? plan.ow - j : block_wide;
        const float* packed = reinterpret_cast<const float*>(call.scratch + plan.pack_offset);
        for (int64_t p = panel; p < panel_end; ++p) {
          const KernelPanel kernel = KernelOf(plan, call, plan.panel[p], &packed);
          RunPooledBlock<Arch>(plan, call, image, i, rows, j, wide, p, kernel, source);
        }
      }
      at += pairs;
    }
  }
}

}  // namespace weft::conv

#endif  // WEFT_OPS_CONV_POOLED_RUN_H_
