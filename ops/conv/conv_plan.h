// Convolutions and their transposes in x for float32, cut into shares, with a hook that consumes the result block by
// block while it is in L1. Plain data and function pointers only: this header is read by the files of every instruction
// set, whose objects must have no symbols in common: so members that they use are always inlined.
//
// Both are one computation: a position of the result begins somewhere in the source image, and its sum runs over taps,
// each of them consecutive elements of the source at a fixed distance from there, and as many rows of the kernel. So
// the source is read in place: nothing like an im2col is made. Positions fall into phases, by their remainders, that
// have taps of their own: one phase in a convolution, strides many in its transpose.
//
// One result: an element is one chain of fused multiply-adds from +0 over the taps as they are listed, row by row,
// those outside of the source left out. Nothing else in here (shares, blocks, the instruction set) touches a bit of it:
// lanes run across the result's columns, and a chain that is cut goes on from the stored partial sum.
#ifndef WEFT_OPS_CONV_CONV_PLAN_H_
#define WEFT_OPS_CONV_CONV_PLAN_H_

#include <cstddef>
#include <cstdint>

#include "core/simd/arch.h"
#include "ops/dense/gemm.h"

namespace weft::conv {

// The taps of one phase in one direction, in the order of the sums: tap t of position q of the phase reads the source's
// row (column) q * step + at + t * distance, `step` being the plan's.
struct Taps {
  int64_t count = 0, at = 0, distance = 1;
  int64_t inner_begin = 0, inner_end = 0;  // the positions that have all of them
  // Neighbours in the source, too, so that several taps of a row are one run.
  bool joined = false;
};

// How the kernel's rows come to lie in the order of the sums.
enum class KernelRows : uint8_t {
  kInPlace,     // as they are: [rows, columns]
  kPacked,      // copied panel by panel
  kReordered,   // tap by tap, as `taps` lists them: copied
  kTransposed,  // the same, and each tap is stored as [columns, rows]
};

// Columns of the result that are computed together: of one group, plan.panel_columns at most.
struct Panel {
  int64_t column = 0, columns = 0;  // of the result
  int64_t width = 0;                // columns, rounded up to dense::kWidthStep
  int64_t source = 0;               // where their channels begin in a pixel of the source
  int64_t group = 0, group_column = 0;
};

struct ConvPlan {
  int64_t h = 0, w = 0, c = 0;    // of a source image
  int64_t n = 0, oh = 0, ow = 0;  // the result's positions
  int64_t columns = 0;            // of the result
  int64_t groups = 1;
  int64_t group_source = 0, group_columns = 0;  // channels of a group in the source and the result
  bool depthwise = false;                       // each column sees its own channel; groups is 1
  int64_t step_h = 1, step_w = 1;               // positions of the same phase are so far apart in the source
  int64_t phases_h = 1, phases_w = 1;
  const Taps *vertical = nullptr, *horizontal = nullptr;  // [phases_h], [phases_w]
  const int64_t* first_rows = nullptr;                    // [phases_h][phases_w], of the kernel
  int64_t tap_run = 0;                                    // elements of the source that belong to a tap
  // Of one channel, under a kernel of a size that has a path of its own (one_channel.h).
  bool one_channel = false;
  bool by_taps = false;  // positions near the border tap by tap, not one by one
  KernelRows kernel_rows = KernelRows::kInPlace;
  int64_t rows = 0;  // of the kernel, in all phases
  int64_t ldb = 0;   // of the kernel as it is stored
  const int64_t* taps = nullptr;
  int64_t num_taps = 0, tap_rows = 0, tap_size = 0;  // rows and elements of a tap

  // Null: the result is stored row-major.
  dense::BlockFn consume = nullptr;
  int64_t block_elements = 2048;  // see GemmPlan
  // Instead of `consume`: the body is relu(sum + bias), or a part of it, and is done where the sums are.
  // REQUIRES: `pool` or `one_channel`.
  bool plain = false, relu = false;
  // The maxima of 2 x 2 positions are stored, too (`pooled`); blocks are whole pairs of rows, or parts of a pair.
  // REQUIRES: `consume` or `plain`, one group. `consume` is given the places of the results only if `keep`; else rows
  // of a stage, and the last row and column of an odd number are none of the plan's.
  bool pool = false, keep = false;
  // With `pool`, instead of `keep`: of each maximum its place in the window, 0 to 3, or 4 if it is not greater than 0.
  bool winners = false;
  int64_t panel_columns = dense::kPanel;  // at most; less only without `consume`

  // Filled in by Finish().
  int64_t panels = 0, widest = 0;
  const Panel* panel = nullptr;
  bool direct = false;      // tiles are stored where the result lies
  bool staged = false;      // blocks of all columns are made, then consumed: panels of groups are none of the result's
  int64_t block_rows = 0;   // positions of a block, at most: whole rows of the image, or a part of one
  int64_t pack_panels = 0;  // packed at once
  int64_t pack_offset = 0, product_offset = 0, stage_offset = 0, scratch_bytes = 0;  // of a share

  WEFT_SIMD_INLINE int64_t positions() const { return oh * ow; }
  WEFT_SIMD_INLINE int64_t stage_width() const { return columns + (staged ? dense::kPanel : 0); }
  // Pairs of rows of an image; the last may be one row.
  WEFT_SIMD_INLINE int64_t row_pairs() const { return (oh + 1) / 2; }
};

// One share.
struct ConvCall {
  const float* source;
  const float* kernel;
  float* result;  // where consume is null; what is pooled, if `keep`
  float* pooled;
  uint8_t* winners;  // laid out as `pooled`
  void* context;
  const float* bias;   // of a plain body; null: it has none
  bool finite_bias;    // all of it
  std::byte* scratch;  // plan.scratch_bytes, 64-byte aligned
  int64_t begin, end;  // positions of all images; pairs of rows if `pool`
  int64_t panel_begin, panel_end;
};

// Images of [h, w, c], or what they become between zeros.
struct Source {
  int64_t h = 0, w = 0, c = 0;
  bool padded = false;
  int64_t top = 0, left = 0;    // zeros before the first row and the first column
  int64_t rows = 0, width = 0;  // with the zeros; h and w where there are none

  WEFT_SIMD_INLINE int64_t image() const { return h * w * c; }
  WEFT_SIMD_INLINE int64_t row() const { return width * c; }
};

// The kernel's gradient: dk[row][column] = sum over positions of source[position's beginning + offsets[row]] *
// dy[position][column].
//
// One result: the sum runs in chunks of images, each a chain from +0 in the order of the positions; the chunks' sums
// are added in ascending order.
struct KernelGradientPlan {
  Source source;
  int64_t n = 0, oh = 0, ow = 0, columns = 0;
  int64_t groups = 1;
  int64_t group_source = 0, group_columns = 0, group_rows = 0;
  bool depthwise = false;  // each column sees its own channel; groups is 1
  int64_t step_h = 1;
  int64_t last_offset_row = 0;
  const int64_t* offsets = nullptr;  // [group_rows]
  const int32_t* table = nullptr;    // where the positions of a strip begin, from its first row on
  int64_t chunk = 1;                 // images
  // dy is given by the maxima of 2 x 2 positions: their gradient and their places (`winners`).
  bool pooled = false;
  // Not null: dy's columns are summed, too, in chunks of 256 positions, and the sums consumed by panels of kPanel.
  dense::BlockFn consume_sums = nullptr;

  // Filled in by Finish().
  int64_t panel = 64;  // columns of a panel
  int64_t group_panels = 0;
  int64_t row_tiles = 0;                     // of a panel
  int64_t units = 0;                         // panels x row tiles
  int64_t strip_rows = 0, strip_images = 1;  // rows of one image, or whole images
  bool copies_dy = false;                    // so that whole vectors may be read
  bool direct = false;                       // sums of chunks are added up where the result lies
  int64_t source_offset = 0, dy_offset = 0, sums_offset = 0, chain_offset = 0, column_sums_offset = 0;
  int64_t scratch_bytes = 0;  // of a share

  // `shares`: that there should be work for.
  void Finish(int64_t shares);
  WEFT_SIMD_INLINE int64_t positions() const { return oh * ow; }
  // Panels of column sums are units behind the others.
  WEFT_SIMD_INLINE int64_t sum_units() const {
    return consume_sums == nullptr ? 0 : (columns + dense::kPanel - 1) / dense::kPanel;
  }
  WEFT_SIMD_INLINE int64_t source_rows(int64_t result_rows) const {
    return (result_rows - 1) * step_h + last_offset_row + 1;
  }
};

struct KernelGradientCall {
  const float* source;
  const float* dy;         // of the maxima, if `pooled`
  const uint8_t* winners;  // laid out as `dy`, if `pooled`
  float* result;
  void* context;  // of consume_sums
  std::byte* scratch;
  int64_t unit_begin, unit_end;
};

// Sizes of kernels that have a path of their own where the source has one channel.
WEFT_SIMD_INLINE bool IsOneChannelKernel(int64_t height, int64_t width) {
  return (width == 3 && (height == 3 || height == 1)) || (width == 5 && (height == 5 || height == 1));
}

// The code for one instruction set.
struct ConvFns {
  void (*run)(const ConvPlan& plan, const ConvCall& call);
  void (*run_pooled)(const ConvPlan& plan, const ConvCall& call);
  void (*kernel_gradient)(const KernelGradientPlan& plan, const KernelGradientCall& call);
};

ConvFns ConvBaseline();
ConvFns ConvAvx2();
ConvFns ConvAvx512();

}  // namespace weft::conv

#endif  // WEFT_OPS_CONV_CONV_PLAN_H_
