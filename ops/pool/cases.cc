#include "ops/pool/cases.h"

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "ops/pool/pool.h"

namespace weft {
namespace {

struct Windows {
  const char* name;
  Dims x;
  Pool2DOptions options;
};

Dims Pooled(const Windows& w) {
  Dims y = w.x;
  for (size_t i = 0; i < 2; ++i) {
    const int64_t stride = w.options.strides.empty() ? w.options.window[i] : w.options.strides[i];
    y[1 + i] = (w.x[1 + i] + w.options.padding_low[i] + w.options.padding_high[i] - w.options.window[i]) / stride + 1;
  }
  return y;
}

void Add(std::vector<OpCase>& cases, const char* op, const Windows& windows, bool bit_exact,
         std::vector<CaseInput> inputs,
         std::function<Value(absl::Span<const Value>, const Pool2DOptions& options)> record) {
  OpCase c;
  c.op = op;
  c.name = absl::StrCat(windows.name, "_", DimsToString(windows.x));
  c.inputs = std::move(inputs);
  c.bit_exact = bit_exact;
  c.special_values = bit_exact;
  c.record = [record = std::move(record), options = windows.options](GraphBuilder&, absl::Span<const Value> in) {
    return std::vector<Value>{record(in, options)};
  };
  cases.push_back(std::move(c));
}

CaseInput Of(Dims dims, bool distinct = false) {
  CaseInput input;
  input.dims = std::move(dims);
  input.distinct = distinct;
  if (distinct) {
    // Room for elements that differ by more than the step of the numeric derivative.
    input.low = -8;
    input.high = 8;
    input.margin = 1e-3;
  }
  return input;
}

void AddAll(std::vector<OpCase>& cases, const Windows& w) {
  const Dims y = Pooled(w);
  Add(cases, "max_pool2d", w, true, {Of(w.x, true)},
      [](absl::Span<const Value> in, const Pool2DOptions& options) { return MaxPool2D(in[0], options); });
  Add(cases, "max_pool2d_gradient", w, false, {Of(w.x, true), Of(y)},
      [](absl::Span<const Value> in, const Pool2DOptions& o) { return MaxPool2DGradient(in[0], in[1], o); });
  Add(cases, "max_pool2d_pick", w, true, {Of(w.x, true), Of(w.x)},
      [](absl::Span<const Value> in, const Pool2DOptions& o) { return MaxPool2DPick(in[0], in[1], o); });
  Add(cases, "average_pool2d", w, false, {Of(w.x)},
      [](absl::Span<const Value> in, const Pool2DOptions& options) { return AveragePool2D(in[0], options); });
  Add(cases, "average_pool2d_gradient", w, false, {Of(y)},
      [shape = Shape::FromDims(w.x)](absl::Span<const Value> in, const Pool2DOptions& options) {
        return AveragePool2DGradient(in[0], shape, options);
      });
}

}  // namespace

void AddPoolCases(std::vector<OpCase>& cases) {
  for (int64_t c : {1, 2, 3, 4, 5, 8, 9, 15, 16, 17, 31, 32, 33, 48, 65}) {
    AddAll(cases, {"side_by_side", {2, 4, 6, c}, {}});
  }
  for (int64_t c : {1, 3, 16, 21, 33}) {
    AddAll(cases, {"with_a_rest", {3, 5, 7, c}, {}});
    AddAll(cases, {"overlapping", {2, 5, 6, c}, {{3, 3}, {1, 1}}});
    AddAll(cases, {"overlapping_padded", {2, 7, 6, c}, {{3, 3}, {2, 2}, {1, 1}, {1, 1}}});
  }
  AddAll(cases, {"same", {2, 5, 5, 4}, {{2, 2}, {2, 2}, {0, 0}, {1, 1}}});
  AddAll(cases, {"same_low", {2, 5, 4, 4}, {{3, 3}, {3, 3}, {1, 1}, {0, 1}}});
  AddAll(cases, {"gaps", {2, 8, 9, 5}, {{2, 2}, {3, 4}}});
  AddAll(cases, {"gaps_in_rows_only", {2, 8, 6, 5}, {{2, 3}, {3, 1}}});
  AddAll(cases, {"gaps_in_columns_only", {2, 6, 8, 5}, {{3, 2}, {1, 3}}});
  AddAll(cases, {"wide_gaps_padded", {2, 7, 7, 3}, {{3, 2}, {5, 6}, {2, 1}, {1, 1}}});
  AddAll(cases, {"one_window", {2, 3, 4, 18}, {{3, 4}}});
  AddAll(cases, {"single_elements", {2, 3, 4, 18}, {{1, 1}}});
  AddAll(cases, {"single_elements_apart", {2, 5, 4, 18}, {{1, 1}, {2, 3}}});
  AddAll(cases, {"one_row", {4, 1, 9, 19}, {{1, 2}}});
  AddAll(cases, {"one_row_overlapping", {4, 1, 9, 19}, {{1, 3}, {1, 2}, {0, 1}, {0, 1}}});
  AddAll(cases, {"larger_than_the_image", {2, 2, 2, 6}, {{3, 3}, {1, 1}, {1, 1}, {2, 2}}});
  AddAll(cases, {"no_images", {0, 4, 4, 6}, {}});
  AddAll(cases, {"no_channels", {2, 4, 4, 0}, {}});
}

}  // namespace weft
