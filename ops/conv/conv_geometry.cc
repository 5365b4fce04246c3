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

// The segments of one phase: its taps, or longer runs where they lie side by side.
void AddPhase(const ConvPlan& plan, const std::vector<Axis::Tap>& vertical, const std::vector<Axis::Tap>& horizontal,
              int64_t kernel_width, int64_t* first_row, PlannedConv* planned) {
  const Source& source = plan.source;
  const int64_t tap_run = plan.depthwise ? 1 : plan.group_source;
  const int64_t taps = static_cast<int64_t>(horizontal.size());
  // Neighbouring taps are neighbours in memory, too: if all of a pixel is read.
  bool joined = plan.groups == 1 && !plan.depthwise;
  for (int64_t t = 1; t < taps; ++t) joined = joined && horizontal[t].at == horizontal[t - 1].at + 1;
  Phase phase;
  phase.run = joined ? taps * tap_run : tap_run;
  phase.first_row = *first_row;
  for (const Axis::Tap& v : vertical) {
    for (int64_t t = 0; t < taps; ++t) {
      planned->taps.push_back(v.tap * kernel_width + horizontal[t].tap);
      *first_row += tap_run;
      if (joined && t > 0) continue;
      planned->offsets.push_back((v.at + source.top) * source.row() + (horizontal[t].at + source.left) * source.c);
      ++phase.segments;
    }
  }
  planned->phases.push_back(phase);
}

void AddPhases(const Axis& vertical, const Axis& horizontal, int64_t kernel_width, PlannedConv* planned) {
  ConvPlan& plan = planned->plan;
  plan.step_h = vertical.step;
  plan.step_w = horizontal.step;
  plan.phases_h = static_cast<int64_t>(vertical.phases.size());
  plan.phases_w = static_cast<int64_t>(horizontal.phases.size());
  for (const std::vector<Axis::Tap>& v : vertical.phases) {
    for (const std::vector<Axis::Tap>& h : horizontal.phases) AddPhase(plan, v, h, kernel_width, &plan.rows, planned);
  }
  const int64_t* offsets = planned->offsets.data();
  for (Phase& phase : planned->phases) {
    phase.offsets = offsets;
    offsets += phase.segments;
  }
  plan.phases = planned->phases.data();
  plan.taps = planned->taps.data();
  plan.num_taps = static_cast<int64_t>(planned->taps.size());
  bool any = false;
  for (const std::vector<Axis::Tap>& taps : vertical.phases) {
    for (const Axis::Tap& tap : taps) {
      const int64_t at = tap.at + plan.source.top;
      plan.first_offset_row = any ? std::min(plan.first_offset_row, at) : at;
      plan.last_offset_row = any ? std::max(plan.last_offset_row, at) : at;
      any = true;
    }
  }
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

std::unique_ptr<PlannedConv> PlanConv(const ConvDims& conv) {
  const ConvDims dims = IsPointwise(conv) ? OneRow(conv) : conv;
  auto planned = std::make_unique<PlannedConv>();
  ConvPlan& plan = planned->plan;
  const Axis vertical = ForwardAxis(dims, 0), horizontal = ForwardAxis(dims, 1);
  plan.source = SourceOf(dims.in[0], dims.in[1], dims.c, vertical, horizontal);
  plan.n = dims.n;
  plan.oh = dims.out[0];
  plan.ow = dims.out[1];
  plan.columns = dims.o;
  plan.depthwise = IsDepthwise(dims);
  plan.groups = plan.depthwise ? 1 : dims.groups;
  plan.group_source = dims.c / plan.groups;
  plan.group_columns = dims.o / plan.groups;
  plan.ldb = dims.o;
  plan.kernel_rows = InPlaceOrPacked(plan);
  AddPhases(vertical, horizontal, dims.kernel[1], planned.get());
  return planned;
}

std::unique_ptr<PlannedConv> PlanInputGradient(const ConvDims& conv) {
  const ConvDims dims = IsPointwise(conv) ? OneRow(conv) : conv;
  auto planned = std::make_unique<PlannedConv>();
  ConvPlan& plan = planned->plan;
  const Axis vertical = BackwardAxis(dims, 0), horizontal = BackwardAxis(dims, 1);
  plan.source = SourceOf(dims.out[0], dims.out[1], dims.o, vertical, horizontal);
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
  AddPhases(vertical, horizontal, dims.kernel[1], planned.get());
  return planned;
}

std::unique_ptr<PlannedKernelGradient> PlanKernelGradient(const ConvDims& dims, int64_t shares) {
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
