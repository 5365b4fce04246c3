#include "ops/conv/conv_geometry.h"

#include <algorithm>
#include <limits>

#include "ops/conv/conv.h"

namespace weft::conv {
namespace {

// One direction, height or width: which taps a position of the result has, and how far from its beginning they lie in
// the source.
struct Axis {
  struct Tap {
    int64_t tap, at;
  };
  int64_t step = 1;                      // of the beginnings of positions of one phase
  std::vector<std::vector<Tap>> phases;  // of position i: i % phases
  int64_t low = 0, high = 0;             // the source positions [low, high) are read

  void Bound(int64_t positions) {
    const int64_t count = static_cast<int64_t>(phases.size());
    for (int64_t r = 0; r < std::min(count, positions); ++r) {
      for (const Tap& tap : phases[r]) {
        low = std::min(low, tap.at);
        high = std::max(high, (positions - 1 - r) / count * step + tap.at + 1);
      }
    }
  }
};

Axis ForwardAxis(const ConvDims& dims, int i) {
  Axis axis;
  axis.step = dims.stride[i];
  axis.phases.resize(1);
  for (int64_t a = 0; a < dims.kernel[i]; ++a) axis.phases[0].push_back({a, a * dims.dilation[i] - dims.low[i]});
  axis.Bound(dims.out[i]);
  return axis;
}

// Of dy, in descending order of the taps.
Axis BackwardAxis(const ConvDims& dims, int i) {
  Axis axis;
  const int64_t stride = dims.stride[i];
  axis.phases.resize(std::min(stride, std::max<int64_t>(dims.in[i], 1)));
  for (int64_t r = 0; r < static_cast<int64_t>(axis.phases.size()); ++r) {
    for (int64_t a = dims.kernel[i] - 1; a >= 0; --a) {
      const int64_t from = r + dims.low[i] - a * dims.dilation[i];
      if (from % stride == 0) axis.phases[r].push_back({a, from / stride});
    }
  }
  axis.Bound(dims.in[i]);
  return axis;
}

Source SourceOf(int64_t h, int64_t w, int64_t c, const Axis& vertical, const Axis& horizontal) {
  Source source{h, w, c};
  source.padded = vertical.low < 0 || vertical.high > h || horizontal.low < 0 || horizontal.high > w;
  source.top = -vertical.low;
  source.left = -horizontal.low;
  source.rows = source.padded ? vertical.high - vertical.low : h;
  source.width = source.padded ? horizontal.high - horizontal.low : w;
  return source;
}

// The taps of each phase in one direction, for a source of `size` and so many positions.
std::vector<Taps> TapsOf(const Axis& axis, int64_t size, int64_t positions, bool may_join) {
  std::vector<Taps> all;
  const int64_t phases = static_cast<int64_t>(axis.phases.size());
  for (int64_t r = 0; r < phases; ++r) {
    const std::vector<Axis::Tap>& phase = axis.phases[r];
    Taps taps;
    taps.count = static_cast<int64_t>(phase.size());
    if (taps.count > 0) taps.at = phase[0].at;
    if (taps.count > 1) taps.distance = phase[1].at - phase[0].at;
    taps.joined = may_join && taps.distance == 1;
    const int64_t here = positions > r ? (positions - 1 - r) / phases + 1 : 0;
    const auto inside = [&](int64_t q) {
      const int64_t first = q * axis.step + taps.at;
      return taps.count == 0 || (first >= 0 && first + (taps.count - 1) * taps.distance < size);
    };
    while (taps.inner_begin < here && !inside(taps.inner_begin)) ++taps.inner_begin;
    taps.inner_end = taps.inner_begin;
    while (taps.inner_end < here && inside(taps.inner_end)) ++taps.inner_end;
    all.push_back(taps);
  }
  return all;
}

// Whether rows of the result are computed tap by tap, so that all positions are in tiles of many, or those near the
// border, which do not have all taps, one by one.
bool ByTaps(const ConvPlan& plan) {
  if (plan.depthwise) return false;
  // In units of a tap at a position of a full tile. Going on from stored sums costs some terms; a tile of one position
  // keeps less than eight chains of vectors in flight.
  const double by_tap = 1 + 8.0 / static_cast<double>(std::max<int64_t>(plan.tap_run, 1));
  const double alone = 8.0 / static_cast<double>(std::clamp<int64_t>((plan.group_columns + 15) / 16, 1, 4));
  double tap_by_tap = 0, one_by_one = 0;
  for (int64_t r = 0; r < plan.phases_w; ++r) {
    const Taps& taps = plan.horizontal[r];
    for (int64_t q = 0; q * plan.phases_w + r < plan.ow; ++q) {
      int64_t inside = 0;
      for (int64_t t = 0; t < taps.count; ++t) {
        const int64_t at = q * plan.step_w + taps.at + t * taps.distance;
        inside += at >= 0 && at < plan.w;
      }
      const bool inner = q >= taps.inner_begin && q < taps.inner_end;
      tap_by_tap += by_tap * static_cast<double>(inside);
      one_by_one += (inner ? 1 : alone) * static_cast<double>(inside);
    }
  }
  return tap_by_tap < one_by_one;
}

void SetTaps(const Axis& vertical, const Axis& horizontal, int64_t kernel_width, PlannedConv* planned) {
  ConvPlan& plan = planned->plan;
  plan.step_h = vertical.step;
  plan.step_w = horizontal.step;
  plan.phases_h = static_cast<int64_t>(vertical.phases.size());
  plan.phases_w = static_cast<int64_t>(horizontal.phases.size());
  plan.tap_run = plan.depthwise ? 1 : plan.group_source;
  planned->vertical = TapsOf(vertical, plan.h, plan.oh, false);
  planned->horizontal = TapsOf(horizontal, plan.w, plan.ow, plan.groups == 1 && !plan.depthwise);
  plan.vertical = planned->vertical.data();
  plan.horizontal = planned->horizontal.data();
  for (const std::vector<Axis::Tap>& rows : vertical.phases) {
    for (const std::vector<Axis::Tap>& columns : horizontal.phases) {
      planned->first_rows.push_back(plan.rows);
      for (const Axis::Tap& row : rows) {
        for (const Axis::Tap& column : columns) planned->taps.push_back(row.tap * kernel_width + column.tap);
      }
      plan.rows += static_cast<int64_t>(rows.size() * columns.size()) * plan.tap_run;
    }
  }
  plan.first_rows = planned->first_rows.data();
  plan.taps = planned->taps.data();
  plan.num_taps = static_cast<int64_t>(planned->taps.size());
  plan.by_taps = ByTaps(plan);
}

bool IsDepthwise(const ConvDims& dims) { return dims.groups > 1 && dims.group_c() == 1 && dims.group_o() == 1; }

// All positions of a batch are one row: neighbours in memory, without borders.
bool IsPointwise(const ConvDims& dims) {
  return dims.taps() == 1 && dims.in == dims.out && dims.stride[0] == 1 && dims.stride[1] == 1 && dims.low[0] == 0 &&
         dims.low[1] == 0;
}
ConvDims OneRow(ConvDims dims) {
  dims.in[1] = dims.out[1] = dims.n * dims.positions();
  dims.in[0] = dims.out[0] = dims.n = 1;
  return dims;
}

// Rows of the kernel that are read where they lie: whole vectors of columns, and not so often that the distance from
// row to row would tell.
KernelRows InPlaceOrPacked(const ConvPlan& plan) {
  constexpr int64_t kFewPositions = 256;
  if (plan.depthwise) return KernelRows::kInPlace;
  if (plan.group_columns % dense::kWidthStep != 0) return KernelRows::kPacked;
  const bool one_panel = plan.columns <= dense::kPanel;
  return one_panel || plan.n * plan.positions() <= kFewPositions ? KernelRows::kInPlace : KernelRows::kPacked;
}

}  // namespace

std::unique_ptr<PlannedConv> PlanConv(const ConvDims& conv, bool keep_rows) {
  const ConvDims dims = IsPointwise(conv) && !keep_rows ? OneRow(conv) : conv;
  auto planned = std::make_unique<PlannedConv>();
  ConvPlan& plan = planned->plan;
  const Axis vertical = ForwardAxis(dims, 0), horizontal = ForwardAxis(dims, 1);
  plan.h = dims.in[0];
  plan.w = dims.in[1];
  plan.c = dims.c;
  plan.n = dims.n;
  plan.oh = dims.out[0];
  plan.ow = dims.out[1];
  plan.columns = dims.o;
  plan.depthwise = IsDepthwise(dims);
  plan.groups = plan.depthwise ? 1 : dims.groups;
  plan.group_source = dims.c / plan.groups;
  plan.group_columns = dims.o / plan.groups;
  plan.ldb = dims.o;
  plan.one_channel = dims.c == 1 && dims.groups == 1 && IsOneChannelKernel(dims.kernel[0], dims.kernel[1]) &&
                     (dims.dilation[0] == 1 || dims.kernel[0] == 1) && dims.dilation[1] == 1;
  plan.kernel_rows = plan.one_channel ? KernelRows::kInPlace : InPlaceOrPacked(plan);
  SetTaps(vertical, horizontal, dims.kernel[1], planned.get());
  return planned;
}

std::unique_ptr<PlannedConv> PlanInputGradient(const ConvDims& conv) {
  const ConvDims dims = IsPointwise(conv) ? OneRow(conv) : conv;
  auto planned = std::make_unique<PlannedConv>();
  ConvPlan& plan = planned->plan;
  const Axis vertical = BackwardAxis(dims, 0), horizontal = BackwardAxis(dims, 1);
  plan.h = dims.out[0];
  plan.w = dims.out[1];
  plan.c = dims.o;
  plan.n = dims.n;
  plan.oh = dims.in[0];
  plan.ow = dims.in[1];
  plan.columns = dims.c;
  plan.depthwise = IsDepthwise(dims);
  plan.groups = plan.depthwise ? 1 : dims.groups;
  plan.group_source = dims.o / plan.groups;
  plan.group_columns = dims.c / plan.groups;
  plan.ldb = dims.o;
  plan.kernel_rows = plan.depthwise ? KernelRows::kReordered : KernelRows::kTransposed;
  plan.tap_rows = plan.depthwise ? 1 : plan.group_source;
  plan.tap_size = dims.group_c() * dims.o;
  SetTaps(vertical, horizontal, dims.kernel[1], planned.get());
  return planned;
}

std::unique_ptr<PlannedKernelGradient> PlanKernelGradient(const ConvDims& dims, int64_t shares,
                                                          dense::BlockFn consume_sums, bool pooled) {
  auto planned = std::make_unique<PlannedKernelGradient>();
  KernelGradientPlan& plan = planned->plan;
  const Axis vertical = ForwardAxis(dims, 0), horizontal = ForwardAxis(dims, 1);
  plan.source = SourceOf(dims.in[0], dims.in[1], dims.c, vertical, horizontal);
  plan.depthwise = IsDepthwise(dims);
  // Whole vectors of channels are read: past the last one only in a copy.
  if (plan.depthwise && dims.c % dense::kWidthStep != 0) plan.source.padded = true;
  plan.n = dims.n;
  plan.oh = dims.out[0];
  plan.ow = dims.out[1];
  plan.columns = dims.o;
  plan.groups = plan.depthwise ? 1 : dims.groups;
  plan.group_source = dims.c / plan.groups;
  plan.group_columns = dims.o / plan.groups;
  plan.step_h = dims.stride[0];
  plan.chunk = ConvChunk(dims.positions());
  const Source& source = plan.source;
  for (const Axis::Tap& v : vertical.phases[0]) {
    plan.last_offset_row = std::max(plan.last_offset_row, v.at + source.top);
    for (const Axis::Tap& h : horizontal.phases[0]) {
      const int64_t tap = (v.at + source.top) * source.row() + (h.at + source.left) * source.c;
      for (int64_t c = 0; c < dims.group_c(); ++c) planned->offsets.push_back(tap + c);
    }
  }
  plan.offsets = planned->offsets.data();
  plan.group_rows = static_cast<int64_t>(planned->offsets.size());
  plan.consume_sums = consume_sums;
  plan.pooled = pooled;
  plan.Finish(shares);
  if (plan.source_rows(plan.strip_rows) * source.row() > std::numeric_limits<int32_t>::max()) return nullptr;
  for (int64_t i = 0; i < plan.strip_rows; ++i) {
    for (int64_t j = 0; j < plan.ow; ++j) {
      planned->table.push_back(static_cast<int32_t>(i * plan.step_h * source.row() + j * horizontal.step * source.c));
    }
  }
  plan.table = planned->table.data();
  return planned;
}

}  // namespace weft::conv
