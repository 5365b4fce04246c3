// One share of a convolution whose result is pooled. Included by the per-ISA files only.
#ifndef WEFT_OPS_CONV_POOLED_RUN_H_
#define WEFT_OPS_CONV_POOLED_RUN_H_

#include <cstdint>

#include "ops/conv/conv_plan.h"
#include "ops/conv/conv_run.h"

namespace weft::conv {

// The first maximum of four vectors, as max_pool2d finds it: one takes over if it is greater, or NaN.
template <class Arch>
WEFT_SIMD_INLINE simd::F32<Arch> FirstMaximum(simd::F32<Arch> a, simd::F32<Arch> b, simd::F32<Arch> c,
                                              simd::F32<Arch> d) {
  a = Select(Or(Gt(b, a), IsNan(b)), b, a);
  a = Select(Or(Gt(c, a), IsNan(c)), c, a);
  return Select(Or(Gt(d, a), IsNan(d)), d, a);
}

// `count` maxima of 2 x 2 positions in rows `upper` and `lower`.
template <class Arch>
void PoolRows(const float* upper, const float* lower, int64_t ld, int64_t count, int64_t columns, float* to,
              int64_t ld_to) {
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
  if (wide == plan.ow) {
    RunBlock<Arch>(plan, i, j, rows * wide, panel, source, kernel, product, panel.width);
    plan.consume(call.context, {product, plan.keep ? first : 0, rows * wide, p, 1, panel.width});
  } else {
    for (int64_t r = 0; r < rows; ++r) {
      RunBlock<Arch>(plan, i + r, j, wide, panel, source, kernel, product, panel.width);
      plan.consume(call.context, {product, plan.keep ? first + r * plan.ow : r * wide, wide, p, 1, panel.width});
    }
  }
  const float* from = (plan.keep ? call.result + first * plan.columns : stage) + panel.column;
  const int64_t row = (plan.keep ? plan.ow : wide) * plan.columns;
  const int64_t pooled_h = plan.oh / 2, pooled_w = plan.ow / 2;
  float* to = call.pooled + ((image * pooled_h + i / 2) * pooled_w + j / 2) * plan.columns + panel.column;
  for (int64_t r = 0; r + 2 <= rows; r += 2, from += 2 * row, to += pooled_w * plan.columns) {
    PoolRows<Arch>(from, from + row, plan.columns, wide / 2, panel.columns, to, plan.columns);
  }
}

template <class Arch>
void RunPooledConv(const ConvPlan& plan, const ConvCall& call) {
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
