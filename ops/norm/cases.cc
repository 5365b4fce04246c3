#include "ops/norm/cases.h"

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "ops/norm/norm.h"

namespace weft {
namespace {

using RecordFn = std::function<std::vector<Value>(absl::Span<const Value> inputs)>;

void Add(std::vector<OpCase>& cases, std::string name, std::vector<CaseInput> inputs, RecordFn record) {
  OpCase c;
  c.op = "reduce_sum";
  c.name = std::move(name);
  c.inputs = std::move(inputs);
  c.record = [record = std::move(record)](GraphBuilder&, absl::Span<const Value> in) { return record(in); };
  c.tolerance = 60;  // sums, of which differences are taken
  cases.push_back(std::move(c));
}

// x and its scale and offset.
std::vector<CaseInput> Parameters(Dims x, Dims features) {
  return {{.dims = std::move(x)}, {.dims = features}, {.dims = features}};
}

}  // namespace

void AddNormCases(std::vector<OpCase>& cases) {
  const struct {
    Dims dims;
    int axis;
  } batches[] = {{{7, 5}, -1}, {{3, 4, 5, 17}, 3}, {{4, 3, 5}, 1}, {{300, 3}, 1}};
  for (const auto& c : batches) {
    const int64_t features = c.dims[static_cast<size_t>(c.axis < 0 ? c.dims.size() - 1 : c.axis)];
    const std::string name = absl::StrCat(DimsToString(c.dims), "_axis_", c.axis);
    Add(cases, "batch_normalize_" + name, Parameters(c.dims, {features}), [axis = c.axis](absl::Span<const Value> in) {
      BatchNormResult r = BatchNormalize(in[0], {.axis = axis, .scale = in[1], .offset = in[2]});
      return std::vector<Value>{r.y, r.mean, r.variance};
    });
    std::vector<CaseInput> inputs = Parameters(c.dims, {features});
    inputs.push_back({.dims = {features}});
    inputs.push_back({.dims = {features}, .low = 0.3, .high = 2});
    Add(cases, "normalize_with_" + name, inputs, [axis = c.axis](absl::Span<const Value> in) {
      return std::vector<Value>{NormalizeWith(in[0], in[3], in[4], {.axis = axis, .scale = in[1], .offset = in[2]})};
    });
    cases.back().op = "rsqrt";  // it sums nothing
  }
  for (int axis : {-1, 1, 0}) {
    std::vector<CaseInput> inputs = {{.dims = {5, 4, 3}}, {.dtype = DType::kBool, .dims = {5, 4}}};
    Add(cases, absl::StrCat("batch_normalize_masked_axis_", axis), inputs, [axis](absl::Span<const Value> in) {
      BatchNormResult r = BatchNormalize(in[0], {.axis = axis, .mask = in[1]});
      return std::vector<Value>{r.y, r.mean, r.variance};
    });
  }
  Add(cases, "layer_normalize", Parameters({4, 3, 19}, {19}), [](absl::Span<const Value> in) {
    return std::vector<Value>{LayerNormalize(in[0], {.scale = in[1], .offset = in[2]})};
  });
  Add(cases, "layer_normalize_two_axes", Parameters({3, 4, 5}, {4, 5}), [](absl::Span<const Value> in) {
    return std::vector<Value>{LayerNormalize(in[0], {.axes = {2, 1}, .scale = in[1], .offset = in[2]})};
  });
  Add(cases, "layer_normalize_middle", Parameters({3, 4, 5}, {4}), [](absl::Span<const Value> in) {
    return std::vector<Value>{LayerNormalize(in[0], {.axes = {1}, .scale = in[1], .offset = in[2]})};
  });
  Add(cases, "layer_normalize_plain", {{.dims = {3, 70}}},
      [](absl::Span<const Value> in) { return std::vector<Value>{LayerNormalize(in[0])}; });
  const struct {
    Dims dims;
    int64_t groups;
    int axis;
  } groups[] = {{{3, 4, 5, 6}, 2, -1}, {{2, 6, 4}, 3, 1}, {{3, 8}, 4, 1}, {{2, 3, 6}, 6, -1}, {{2, 6, 3}, 1, -2}};
  for (const auto& c : groups) {
    const int64_t channels = c.dims[c.axis < 0 ? c.dims.size() + static_cast<size_t>(c.axis) : c.axis];
    Add(cases, absl::StrCat("group_normalize_", DimsToString(c.dims), "_", c.groups), Parameters(c.dims, {channels}),
        [groups = c.groups, axis = c.axis](absl::Span<const Value> in) {
          return std::vector<Value>{
              GroupNormalize(in[0], {.groups = groups, .axis = axis, .scale = in[1], .offset = in[2]})};
        });
  }
  for (int axis : {-1, 1}) {
    Add(cases, absl::StrCat("rms_normalize_axis_", axis), {{.dims = {3, 6, 9}}, {.dims = {axis == 1 ? 6 : 9}}},
        [axis](absl::Span<const Value> in) {
          return std::vector<Value>{RmsNormalize(in[0], {.axes = {axis}, .scale = in[1]})};
        });
    Add(cases, absl::StrCat("unit_normalize_axis_", axis), {{.dims = {3, 6, 9}}},
        [axis](absl::Span<const Value> in) { return std::vector<Value>{UnitNormalize(in[0], {.axes = {axis}})}; });
  }
}

}  // namespace weft
