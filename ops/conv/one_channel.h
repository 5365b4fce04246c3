// Convolutions of images of one channel. Included by the per-ISA files only.
//
// A position's sum has only as many terms as the kernel has taps, too few to pay for a tile that is entered for each
// run of them. So the columns of the kernel that fit are held in registers for a whole row of positions, each element
// of the source is broadcast to all sums of a tile that it belongs to, and what follows (bias, relu, the maximum of
// 2 x 2) is done where the sums are. The order of a sum is that of every convolution: ascending in (row, column).
#ifndef WEFT_OPS_CONV_ONE_CHANNEL_H_
#define WEFT_OPS_CONV_ONE_CHANNEL_H_

#include <cstdint>

#include "core/simd/vec.h"
#include "ops/conv/conv_plan.h"
#include "ops/conv/plain_body.h"

namespace weft::conv {

// Vectors of columns that are computed together, by registers: the kernel's taps, the sums of four positions, an
// element of the source. Where even those of one vector are too many, some are read from the stack: still a path
// without loops.
template <class Arch, int kTaps>
inline constexpr int kOneChannelVectors = Arch::kLanes == 16 && kTaps <= 9 ? 2 : 1;
// Positions of a tile in a row.
inline constexpr int kOneChannelPositions = 4;

// Positions of one row of the result, or of two of which 2 x 2 become one.
struct OneChannelRow {
  const float* image;
  int64_t h, w, step_h, step_w;
  int64_t y, x;                    // of the first tap of position 0 of the (first) row; either may be outside
  int64_t begin, end;              // positions, or windows
  int64_t inner_begin, inner_end;  // those that have all taps
  const float* kernel;
  int64_t ldb;
  int64_t last;    // columns of the last vector
  float* to;       // of `begin`; may be null where windows are
  int64_t ld_to;   // elements from one position to the next
  int64_t to_row;  // and from one row to the next, where windows are
  float* pooled;   // of window `begin`
  int64_t ld_pooled;
  uint8_t* winners;  // laid out as `pooled`; may be null
};

template <class Arch, int kVectors>
WEFT_SIMD_INLINE int64_t LanesOf(int v, int64_t last) {
  return v == kVectors - 1 ? last : Arch::kLanes;
}

// The sums of kRows x kPositions positions, all of whose taps are inside; the first tap of the first is at `a`.
template <class Arch, int kHeight, int kWidth, int kVectors, int kRows, int kPositions, bool kUnitSteps>
WEFT_SIMD_INLINE void InnerSums(const OneChannelRow& row, const float* a,
                                const simd::F32<Arch> (&kernel)[kHeight][kWidth][kVectors],
                                simd::F32<Arch> (&sums)[kRows][kPositions][kVectors]) {
  using V = simd::F32<Arch>;
  WEFT_UNROLL
  for (int r = 0; r < kRows; ++r) {
    WEFT_UNROLL
    for (int p = 0; p < kPositions; ++p) {
      WEFT_UNROLL
      for (int v = 0; v < kVectors; ++v) sums[r][p][v] = V::Zero();
    }
  }
  if constexpr (kUnitSteps) {
    // Each element once, for all the taps that it is.
    WEFT_UNROLL
    for (int y = 0; y < kHeight + kRows - 1; ++y) {
      WEFT_UNROLL
      for (int x = 0; x < kWidth + kPositions - 1; ++x) {
        const V element = V::Broadcast(a[y * row.w + x]);
        WEFT_UNROLL
        for (int r = 0; r < kRows; ++r) {
          WEFT_UNROLL
          for (int p = 0; p < kPositions; ++p) {
            const int i = y - r, j = x - p;
            if (i < 0 || i >= kHeight || j < 0 || j >= kWidth) continue;
            WEFT_UNROLL
            for (int v = 0; v < kVectors; ++v) sums[r][p][v] = Fma(element, kernel[i][j][v], sums[r][p][v]);
          }
        }
      }
    }
    return;
  }
  WEFT_UNROLL
  for (int i = 0; i < kHeight; ++i) {
    WEFT_UNROLL
    for (int j = 0; j < kWidth; ++j) {
      WEFT_UNROLL
      for (int r = 0; r < kRows; ++r) {
        WEFT_UNROLL
        for (int p = 0; p < kPositions; ++p) {
          const V element = V::Broadcast(a[(r * row.step_h + i) * row.w + p * row.step_w + j]);
          WEFT_UNROLL
          for (int v = 0; v < kVectors; ++v) sums[r][p][v] = Fma(element, kernel[i][j][v], sums[r][p][v]);
        }
      }
    }
  }
}

// The same, without the taps that are outside.
template <class Arch, int kHeight, int kWidth, int kVectors, int kRows, int kPositions>
WEFT_SIMD_INLINE void BorderSums(const OneChannelRow& row, int64_t first_y, int64_t first_x,
                                 simd::F32<Arch> (&sums)[kRows][kPositions][kVectors]) {
  using V = simd::F32<Arch>;
  WEFT_UNROLL
  for (int r = 0; r < kRows; ++r) {
    WEFT_UNROLL
    for (int p = 0; p < kPositions; ++p) {
      WEFT_UNROLL
      for (int v = 0; v < kVectors; ++v) sums[r][p][v] = V::Zero();
    }
  }
  const float* b = row.kernel;
  for (int i = 0; i < kHeight; ++i) {
    for (int j = 0; j < kWidth; ++j, b += row.ldb) {
      V tap[kVectors];
      WEFT_UNROLL
      for (int v = 0; v < kVectors; ++v) {
        tap[v] = LoadLanes<Arch>(b + v * Arch::kLanes, LanesOf<Arch, kVectors>(v, row.last));
      }
      WEFT_UNROLL
      for (int r = 0; r < kRows; ++r) {
        const int64_t y = first_y + r * row.step_h + i;
        if (y < 0 || y >= row.h) continue;
        WEFT_UNROLL
        for (int p = 0; p < kPositions; ++p) {
          const int64_t x = first_x + p * row.step_w + j;
          if (x < 0 || x >= row.w) continue;
          const V element = V::Broadcast(row.image[y * row.w + x]);
          WEFT_UNROLL
          for (int v = 0; v < kVectors; ++v) sums[r][p][v] = Fma(element, tap[v], sums[r][p][v]);
        }
      }
    }
  }
}

// From position p on.
template <class Arch, int kVectors, int kPositions>
WEFT_SIMD_INLINE void StoreSums(const OneChannelRow& row, const PlainBody<Arch>& body, int64_t p,
                                const simd::F32<Arch> (&bias)[kVectors],
                                const simd::F32<Arch> (&sums)[1][kPositions][kVectors]) {
  float* to = row.to + (p - row.begin) * row.ld_to;
  WEFT_UNROLL
  for (int q = 0; q < kPositions; ++q, to += row.ld_to) {
    WEFT_UNROLL
    for (int v = 0; v < kVectors; ++v) {
      StoreLanes<Arch>(body.Apply(sums[0][q][v], bias[v]), to + v * Arch::kLanes, LanesOf<Arch, kVectors>(v, row.last));
    }
  }
}

// Window p.
template <class Arch, int kVectors>
WEFT_SIMD_INLINE void StoreWindow(const OneChannelRow& row, const PlainBody<Arch>& body, int64_t p,
                                  const simd::F32<Arch> (&bias)[kVectors],
                                  const simd::F32<Arch> (&sums)[2][2][kVectors]) {
  using V = simd::F32<Arch>;
  WEFT_UNROLL
  for (int v = 0; v < kVectors; ++v) {
    const int64_t n = LanesOf<Arch, kVectors>(v, row.last);
    float* const pooled = row.pooled + (p - row.begin) * row.ld_pooled + v * Arch::kLanes;
    if (row.to == nullptr) {
      uint8_t* const place =
          row.winners == nullptr ? nullptr : row.winners + (p - row.begin) * row.ld_pooled + v * Arch::kLanes;
      StoreLanes<Arch>(body.Maximum(sums[0][0][v], sums[0][1][v], sums[1][0][v], sums[1][1][v], bias[v], place, n),
                       pooled, n);
      continue;
    }
    const V y00 = body.Apply(sums[0][0][v], bias[v]), y01 = body.Apply(sums[0][1][v], bias[v]);
    const V y10 = body.Apply(sums[1][0][v], bias[v]), y11 = body.Apply(sums[1][1][v], bias[v]);
    float* const to = row.to + 2 * (p - row.begin) * row.ld_to + v * Arch::kLanes;
    StoreLanes<Arch>(y00, to, n);
    StoreLanes<Arch>(y01, to + row.ld_to, n);
    StoreLanes<Arch>(y10, to + row.to_row, n);
    StoreLanes<Arch>(y11, to + row.to_row + row.ld_to, n);
    StoreLanes<Arch>(FirstMaximum<Arch>(y00, y01, y10, y11), pooled, n);
  }
}

// Where the kernel is to stay in registers, nothing may be called, so the border has functions of its own.
template <class Arch, int kHeight, int kWidth, int kVectors, int kPositions>
__attribute__((noinline)) void BorderPositions(const OneChannelRow& row, const PlainBody<Arch>& body, int64_t begin,
                                               int64_t end) {
  simd::F32<Arch> bias[kVectors], sums[1][kPositions][kVectors];
  WEFT_UNROLL
  for (int v = 0; v < kVectors; ++v) bias[v] = body.Bias(v * Arch::kLanes, LanesOf<Arch, kVectors>(v, row.last));
  for (int64_t p = begin; p < end; p += kPositions) {
    BorderSums<Arch, kHeight, kWidth, kVectors, 1, kPositions>(row, row.y, row.x + p * row.step_w, sums);
    StoreSums<Arch, kVectors, kPositions>(row, body, p, bias, sums);
  }
}

template <class Arch, int kHeight, int kWidth, int kVectors>
WEFT_SIMD_INLINE void AllBorderPositions(const OneChannelRow& row, const PlainBody<Arch>& body, int64_t begin,
                                         int64_t end) {
  const int64_t whole = begin + (end - begin) / kOneChannelPositions * kOneChannelPositions;
  if (begin < whole) {
    BorderPositions<Arch, kHeight, kWidth, kVectors, kOneChannelPositions>(row, body, begin, whole);
  }
  if (whole < end) BorderPositions<Arch, kHeight, kWidth, kVectors, 1>(row, body, whole, end);
}

template <class Arch, int kHeight, int kWidth, int kVectors>
__attribute__((noinline)) void BorderWindows(const OneChannelRow& row, const PlainBody<Arch>& body, int64_t begin,
                                             int64_t end) {
  simd::F32<Arch> bias[kVectors], sums[2][2][kVectors];
  WEFT_UNROLL
  for (int v = 0; v < kVectors; ++v) bias[v] = body.Bias(v * Arch::kLanes, LanesOf<Arch, kVectors>(v, row.last));
  for (int64_t p = begin; p < end; ++p) {
    BorderSums<Arch, kHeight, kWidth, kVectors, 2, 2>(row, row.y, row.x + 2 * p * row.step_w, sums);
    StoreWindow<Arch, kVectors>(row, body, p, bias, sums);
  }
}

template <class Arch, int kHeight, int kWidth, int kVectors>
WEFT_SIMD_INLINE void LoadTaps(const OneChannelRow& row, const PlainBody<Arch>& body,
                               simd::F32<Arch> (&kernel)[kHeight][kWidth][kVectors],
                               simd::F32<Arch> (&bias)[kVectors]) {
  WEFT_UNROLL
  for (int v = 0; v < kVectors; ++v) {
    const int64_t n = LanesOf<Arch, kVectors>(v, row.last);
    bias[v] = body.Bias(v * Arch::kLanes, n);
    WEFT_UNROLL
    for (int i = 0; i < kHeight; ++i) {
      WEFT_UNROLL
      for (int j = 0; j < kWidth; ++j) {
        kernel[i][j][v] = LoadLanes<Arch>(row.kernel + (i * kWidth + j) * row.ldb + v * Arch::kLanes, n);
      }
    }
  }
}

template <class Arch, int kHeight, int kWidth, int kVectors, bool kUnitSteps>
__attribute__((noinline)) void RunPositions(const OneChannelRow& row, const PlainBody<Arch>& body) {
  using V = simd::F32<Arch>;
  constexpr int kMany = kOneChannelPositions;
  const int64_t begin = row.begin, end = row.end;
  const int64_t first = row.inner_begin < begin ? begin : row.inner_begin < end ? row.inner_begin : end;
  const int64_t stop = row.inner_end < first ? first : row.inner_end < end ? row.inner_end : end;
  AllBorderPositions<Arch, kHeight, kWidth, kVectors>(row, body, begin, first);
  AllBorderPositions<Arch, kHeight, kWidth, kVectors>(row, body, stop, end);
  if (first == stop) return;
  V kernel[kHeight][kWidth][kVectors], bias[kVectors];
  LoadTaps<Arch, kHeight, kWidth, kVectors>(row, body, kernel, bias);
  const float* const line = row.image + row.y * row.w + row.x;
  int64_t p = first;
  for (; p + kMany <= stop; p += kMany) {
    V sums[1][kMany][kVectors];
    InnerSums<Arch, kHeight, kWidth, kVectors, 1, kMany, kUnitSteps>(row, line + p * row.step_w, kernel, sums);
    StoreSums<Arch, kVectors, kMany>(row, body, p, bias, sums);
  }
  for (; p < stop; ++p) {
    V sums[1][1][kVectors];
    InnerSums<Arch, kHeight, kWidth, kVectors, 1, 1, kUnitSteps>(row, line + p * row.step_w, kernel, sums);
    StoreSums<Arch, kVectors, 1>(row, body, p, bias, sums);
  }
}

template <class Arch, int kHeight, int kWidth, int kVectors>
__attribute__((noinline)) void RunWindows(const OneChannelRow& row, const PlainBody<Arch>& body) {
  using V = simd::F32<Arch>;
  const int64_t begin = row.begin, end = row.end;
  const int64_t first = row.inner_begin < begin ? begin : row.inner_begin < end ? row.inner_begin : end;
  const int64_t stop = row.inner_end < first ? first : row.inner_end < end ? row.inner_end : end;
  if (begin < first) BorderWindows<Arch, kHeight, kWidth, kVectors>(row, body, begin, first);
  if (stop < end) BorderWindows<Arch, kHeight, kWidth, kVectors>(row, body, stop, end);
  if (first == stop) return;
  V kernel[kHeight][kWidth][kVectors], bias[kVectors];
  LoadTaps<Arch, kHeight, kWidth, kVectors>(row, body, kernel, bias);
  const float* const line = row.image + row.y * row.w + row.x;
  for (int64_t p = first; p < stop; ++p) {
    V sums[2][2][kVectors];
    InnerSums<Arch, kHeight, kWidth, kVectors, 2, 2, true>(row, line + 2 * p, kernel, sums);
    StoreWindow<Arch, kVectors>(row, body, p, bias, sums);
  }
}

// The code for one size of kernels; `windows` is null where rows are not poolable.
template <class Arch>
struct OneChannelFns {
  using Fn = void (*)(const OneChannelRow& row, const PlainBody<Arch>& body);
  int64_t vectors;     // together
  Fn positions[2][2];  // [steps of one][one vector less than `vectors`]
  Fn windows[2];
};

template <class Arch, int kHeight, int kWidth>
WEFT_SIMD_INLINE const OneChannelFns<Arch>& OneChannelFnsOf() {
  constexpr int kMost = kOneChannelVectors<Arch, kHeight * kWidth>;
  static constexpr OneChannelFns<Arch> kFns = {
      kMost,
      {{&RunPositions<Arch, kHeight, kWidth, kMost, false>, &RunPositions<Arch, kHeight, kWidth, 1, false>},
       {&RunPositions<Arch, kHeight, kWidth, kMost, true>, &RunPositions<Arch, kHeight, kWidth, 1, true>}},
      {&RunWindows<Arch, kHeight, kWidth, kMost>, &RunWindows<Arch, kHeight, kWidth, 1>}};
  return kFns;
}

// REQUIRES: IsOneChannelKernel(height, width).
template <class Arch>
WEFT_SIMD_INLINE const OneChannelFns<Arch>& OneChannelFnsOf(int64_t height, int64_t width) {
  if (height == 3) return OneChannelFnsOf<Arch, 3, 3>();
  if (height == 5) return OneChannelFnsOf<Arch, 5, 5>();
  return width == 3 ? OneChannelFnsOf<Arch, 1, 3>() : OneChannelFnsOf<Arch, 1, 5>();
}

// `columns` columns of `row`, whose kernel, body and results begin with the first of them.
template <class Arch>
void RunOneChannelColumns(const ConvPlan& plan, bool windows, int64_t columns, OneChannelRow row,
                          PlainBody<Arch> body) {
  const OneChannelFns<Arch>& fns = OneChannelFnsOf<Arch>(plan.vertical[0].count, plan.horizontal[0].count);
  const bool unit = plan.step_h == 1 && plan.step_w == 1;
  while (columns > 0) {
    const bool narrow = columns <= Arch::kLanes;
    const int64_t most = (narrow ? 1 : fns.vectors) * Arch::kLanes, wide = columns < most ? columns : most;
    row.last = wide - (most - Arch::kLanes);
    (windows ? fns.windows[narrow] : fns.positions[unit][narrow])(row, body);
    columns -= wide;
    row.kernel += wide;
    if (body.bias != nullptr) body.bias += wide;
    if (row.to != nullptr) row.to += wide;
    if (windows) row.pooled += wide;
    if (row.winners != nullptr) row.winners += wide;
  }
}

// Row i of an image, and the next one where windows are; without what is cut out of it.
template <class Arch>
WEFT_SIMD_INLINE OneChannelRow OneChannelRowOf(const ConvPlan& plan, int64_t i, const float* image, const float* kernel,
                                               int64_t ldb) {
  const Taps &vertical = plan.vertical[0], &horizontal = plan.horizontal[0];
  OneChannelRow row{};
  row.image = image;
  row.h = plan.h;
  row.w = plan.w;
  row.step_h = plan.step_h;
  row.step_w = plan.step_w;
  row.y = i * plan.step_h + vertical.at;
  row.x = horizontal.at;
  if (i >= vertical.inner_begin && i < vertical.inner_end) {
    row.inner_begin = horizontal.inner_begin;
    row.inner_end = horizontal.inner_end;
  }
  row.kernel = kernel;
  row.ldb = ldb;
  return row;
}

// `left` positions of one image from (i, j) on, in `columns` columns, where those of `kernel` and `body` begin.
template <class Arch>
void RunOneChannelBlock(const ConvPlan& plan, int64_t i, int64_t j, int64_t left, int64_t columns, const float* image,
                        const float* kernel, int64_t ldb, const PlainBody<Arch>& body, float* c, int64_t ldc) {
  for (; left > 0; ++i, j = 0) {
    const int64_t count = plan.ow - j < left ? plan.ow - j : left;
    OneChannelRow row = OneChannelRowOf<Arch>(plan, i, image, kernel, ldb);
    row.begin = j;
    row.end = j + count;
    row.to = c;
    row.ld_to = ldc;
    RunOneChannelColumns<Arch>(plan, false, columns, row, body);
    left -= count;
    c += count * ldc;
  }
}

// One share of a convolution that is pooled. REQUIRES: plan.one_channel, plan.plain, steps of one.
template <class Arch>
void RunOneChannelPooled(const ConvPlan& plan, const ConvCall& call) {
  if (call.panel_begin >= call.panel_end) return;
  const int64_t image_pairs = plan.row_pairs(), pooled_h = plan.oh / 2, pooled_w = plan.ow / 2;
  const Panel &first = plan.panel[call.panel_begin], &last = plan.panel[call.panel_end - 1];
  const int64_t column = first.column, columns = last.column + last.columns - column;
  const PlainBody<Arch> body(plan, call, column);
  const float* const kernel = call.kernel + column;
  for (int64_t at = call.begin; at < call.end; ++at) {
    const int64_t image = at / image_pairs, i = 2 * (at - image * image_pairs);
    const float* const source = call.source + image * plan.h * plan.w;
    float* const kept =
        plan.keep ? call.result + (image * plan.positions() + i * plan.ow) * plan.columns + column : nullptr;
    const int64_t kept_row = plan.ow * plan.columns;
    if (i + 1 == plan.oh) {  // the last of an odd number
      RunOneChannelBlock<Arch>(plan, i, 0, plan.keep ? plan.ow : 0, columns, source, kernel, plan.ldb, body, kept,
                               plan.columns);
      continue;
    }
    OneChannelRow row = OneChannelRowOf<Arch>(plan, i, source, kernel, plan.ldb);
    if (i + 1 >= plan.vertical[0].inner_end) row.inner_begin = row.inner_end = 0;
    row.inner_begin = (row.inner_begin + 1) / 2;
    row.inner_end /= 2;
    row.end = pooled_w;
    row.to = kept;
    row.ld_to = plan.columns;
    row.to_row = kept_row;
    row.pooled = call.pooled + (image * pooled_h + i / 2) * pooled_w * plan.columns + column;
    row.ld_pooled = plan.columns;
    if (plan.winners) row.winners = call.winners + (row.pooled - call.pooled);
    RunOneChannelColumns<Arch>(plan, true, columns, row, body);
    if (!plan.keep || plan.ow % 2 == 0) continue;
    for (int64_t r = 0; r < 2; ++r) {
      RunOneChannelBlock<Arch>(plan, i + r, plan.ow - 1, 1, columns, source, kernel, plan.ldb, body,
                               kept + r * kept_row + (plan.ow - 1) * plan.columns, plan.columns);
    }
  }
}

}  // namespace weft::conv

#endif  // WEFT_OPS_CONV_ONE_CHANNEL_H_
