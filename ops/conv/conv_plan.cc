#include "ops/conv/conv_plan.h"

#include <algorithm>

namespace weft::conv {
namespace {

using dense::kPanel;
using dense::kWidthStep;

int64_t Up(int64_t n, int64_t multiple) { return (n + multiple - 1) / multiple * multiple; }
// Bytes of so many floats, as a part of the scratch memory.
int64_t Room(int64_t floats) { return Up(floats * int64_t{sizeof(float)}, 64); }

// What a strip of a kernel's gradient may take of the second-level cache.
constexpr int64_t kStripBytes = 192 << 10;
// A kernel that is smaller is packed as a whole, so that a block of the source meets all panels while it is near.
constexpr int64_t kPackBytes = 512 << 10;
// Positions of a strip of a kernel's gradient, at most, if it is part of an image.
constexpr int64_t kStripPositions = 1024;

}  // namespace

int64_t ConvPlan::block_width() const { return staged ? std::min(Up(columns, kWidthStep), kPanel) : widest(); }

void ConvPlan::Finish() {
  group_panels = std::max<int64_t>((group_columns + kPanel - 1) / kPanel, 1);
  panels = columns == 0 ? 0 : groups * group_panels;
  staged = consume != nullptr && groups > 1;
  direct = consume == nullptr && group_columns % kWidthStep == 0;

  // Whole rows of the image if they fit, an even part of one else. Blocks of a multiple of 64 elements can be consumed
  // in place.
  const int64_t most = std::max<int64_t>(block_elements / std::max<int64_t>(block_width(), kWidthStep), 1);
  const int64_t wide = std::max<int64_t>(ow, 1);
  if (wide <= most) {
    int64_t whole = std::min(most / wide, std::max<int64_t>(oh, 1));
    const auto even = [&](int64_t rows) { return rows * wide * block_width() % kPanel == 0; };
    for (int64_t fewer = whole; fewer > whole / 2; --fewer) {
      if (!even(fewer)) continue;
      whole = fewer;
      break;
    }
    block_rows = whole * wide;
  } else {
    const int64_t parts = (wide + most - 1) / most;
    block_rows = (wide + parts - 1) / parts;
  }

  const int64_t pack_floats = rows * (groups * (group_panels - 1) * kPanel + groups * widest());
  const bool pack_all = groups > 1 || pack_floats * int64_t{sizeof(float)} <= kPackBytes;
  pack_panels = std::max<int64_t>(pack_all ? panels : 1, 1);
  pack_offset = 0;
  product_offset = kernel_rows == KernelRows::kInPlace ? 0 : Room(pack_all ? pack_floats : rows * widest());
  stage_offset = product_offset + (direct ? 0 : Room(block_rows * kPanel));
  scratch_bytes = stage_offset + (staged ? Room(block_rows * stage_width()) : 0);
}

void KernelGradientPlan::Finish(int64_t shares) {
  // Narrower panels where there would not be work for all.
  panel = kPanel;
  row_tiles = std::max<int64_t>((group_rows + 5) / 6, 1);
  const auto units_of = [&](int64_t width) { return groups * ((group_columns + width - 1) / width) * row_tiles; };
  while (panel > kWidthStep && units_of(panel) < shares) panel /= 2;
  group_panels = (group_columns + panel - 1) / panel;
  units = units_of(panel);

  const int64_t row_floats = ow * columns + step_h * source.row();
  const auto bytes = [&](int64_t images, int64_t rows) {
    return images * (rows * row_floats + last_offset_row * source.row()) * int64_t{sizeof(float)};
  };
  strip_rows = std::max<int64_t>(oh, 1);
  strip_images = 1;
  while (strip_rows > 1 && (bytes(1, strip_rows) > kStripBytes || strip_rows * ow > kStripPositions)) {
    strip_rows = (strip_rows + 1) / 2;
  }
  if (strip_rows >= oh) {
    while (strip_images < chunk && bytes(2 * strip_images, oh) <= kStripBytes) strip_images *= 2;
  }
  direct = group_columns % kWidthStep == 0;
  copies_dy = !direct;
  const bool whole = strip_rows >= oh && strip_images >= std::min(chunk, n);

  source_offset = 0;
  dy_offset = source.padded ? Room(strip_images * source_rows(strip_rows) * source.row() + kPanel) : 0;
  sums_offset = dy_offset + (copies_dy ? Room(strip_images * strip_rows * ow * columns + kPanel) : 0);
  const int64_t tiles = Room(units * 6 * kPanel);
  chain_offset = sums_offset + (direct ? 0 : tiles);
  scratch_bytes = chain_offset + (whole ? 0 : tiles);
}

}  // namespace weft::conv
