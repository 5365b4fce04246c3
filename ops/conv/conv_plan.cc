#include "ops/conv/conv_plan.h"

#include <algorithm>

#include "ops/conv/conv_geometry.h"

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

void Finish(PlannedConv* planned) {
  ConvPlan& plan = planned->plan;
  for (int64_t g = 0; g < plan.groups; ++g) {
    for (int64_t at = 0; at < plan.group_columns; at += plan.panel_columns) {
      Panel panel;
      panel.group = g;
      panel.group_column = at;
      panel.column = g * plan.group_columns + at;
      panel.columns = std::min(plan.group_columns - at, plan.panel_columns);
      panel.width = Up(panel.columns, kWidthStep);
      panel.source = plan.depthwise ? panel.column : g * plan.group_source;
      planned->panels.push_back(panel);
    }
  }
  plan.panel = planned->panels.data();
  plan.panels = static_cast<int64_t>(planned->panels.size());
  plan.staged = plan.consume != nullptr && plan.groups > 1;
  plan.direct = plan.consume == nullptr && (plan.one_channel || plan.group_columns % kWidthStep == 0);
  plan.widest = std::min(Up(plan.staged ? plan.columns : plan.group_columns, kWidthStep), plan.panel_columns);

  // Whole rows of the image if they fit, an even part of one else. Blocks of a multiple of 64 elements can be consumed
  // in place.
  const int64_t most = std::max<int64_t>(plan.block_elements / std::max(plan.widest, kWidthStep), 2);
  const int64_t wide = std::max<int64_t>(plan.ow, 1), step = plan.pool ? 2 : 1;
  if (wide * step <= most) {
    int64_t whole = std::min(most / wide, Up(std::max<int64_t>(plan.oh, 1), step)) / step * step;
    for (int64_t fewer = whole; fewer > whole / 2; fewer -= step) {
      if (fewer * wide * plan.widest % kPanel != 0) continue;
      whole = fewer;
      break;
    }
    plan.block_rows = whole * wide;
  } else {
    const int64_t parts = (wide + most / step - 1) / (most / step);
    plan.block_rows = Up((wide + parts - 1) / parts, step) * step;
  }

  const bool packs = plan.kernel_rows != KernelRows::kInPlace;
  int64_t pack_floats = 0;
  for (const Panel& panel : planned->panels) pack_floats += plan.rows * panel.width;
  const bool pack_all = plan.groups > 1 || !packs || pack_floats * int64_t{sizeof(float)} <= kPackBytes;
  plan.pack_panels = std::max<int64_t>(pack_all ? plan.panels : 1, 1);
  if (!pack_all) pack_floats = plan.rows * kPanel;
  plan.pack_offset = 0;
  plan.product_offset = packs ? Room(pack_floats) : 0;
  plan.stage_offset = plan.product_offset + (plan.direct && !plan.pool ? 0 : Room(plan.block_rows * kPanel));
  const bool stages = plan.staged || (plan.pool && !plan.keep && !plan.plain);
  plan.scratch_bytes = plan.stage_offset + (stages ? Room(plan.block_rows * plan.stage_width()) : 0);
}

void KernelGradientPlan::Finish(int64_t shares) {
  // Narrower panels where there would not be work for all.
  panel = kPanel;
  row_tiles = std::max<int64_t>((group_rows + 5) / 6, 1);
  const auto units_of = [&](int64_t width) { return groups * ((group_columns + width - 1) / width) * row_tiles; };
  while (panel > kWidthStep && units_of(panel) < shares) panel /= 2;
  // And where a kernel has few rows, so that each share reads columns of its own.
  const auto panels_of = [&](int64_t width) { return groups * ((group_columns + width - 1) / width); };
  if (row_tiles <= 4) {
    for (int64_t narrow = panel / 2; narrow >= kWidthStep && panels_of(panel) % shares != 0; narrow /= 2) {
      if (panels_of(narrow) % shares == 0) panel = narrow;
    }
  }
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
  copies_dy = !direct || pooled;
  const bool whole = strip_rows >= oh && strip_images >= std::min(chunk, n);

  source_offset = 0;
  dy_offset = source.padded ? Room(strip_images * source_rows(strip_rows) * source.row() + kPanel) : 0;
  sums_offset = dy_offset + (copies_dy ? Room(strip_images * strip_rows * ow * columns + kPanel) : 0);
  const int64_t tiles = Room(units * 6 * kPanel);
  chain_offset = sums_offset + (direct ? 0 : tiles);
  column_sums_offset = chain_offset + (whole ? 0 : tiles);
  scratch_bytes = column_sums_offset + Room(2 * sum_units() * kPanel);
}

}  // namespace weft::conv
