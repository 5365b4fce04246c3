#include "ops/conv/cases.h"

#include <string>
#include <utility>

#include "ops/conv/conv.h"

namespace weft {
namespace {

// A convolution, as which each of the three ops is recorded.
struct Case {
  std::string name;
  Dims x, kernel;
  Conv2DOptions options;
};

std::vector<Case> Convolutions() {
  const auto pads = [](int64_t low, int64_t high) {
    return Conv2DOptions{.padding_low = {low, low}, .padding_high = {high, high}};
  };
  const auto grouped = [](int64_t groups) { return Conv2DOptions{.groups = groups}; };
  return {{"one_element", {1, 1, 1, 1}, {1, 1, 1, 1}, {}},
          {"pointwise", {2, 3, 2, 5}, {1, 1, 5, 4}, {}},
          {"one_channel", {2, 6, 7, 1}, {3, 3, 1, 4}, {}},
          {"small", {2, 4, 5, 3}, {2, 3, 3, 4}, {}},
          {"same", {1, 3, 4, 2}, {3, 3, 2, 3}, pads(1, 1)},
          {"same_of_an_even_kernel", {1, 3, 4, 2}, {2, 2, 2, 3}, pads(0, 1)},
          {"more_padding_than_kernel", {1, 2, 1, 2}, {2, 2, 2, 1}, pads(3, 2)},
          {"strides", {1, 7, 6, 2}, {3, 2, 2, 3}, {.strides = {2, 3}}},
          {"strides_past_the_kernel", {1, 7, 8, 2}, {1, 2, 2, 2}, {.strides = {3, 4}}},
          {"strides_and_padding",
           {2, 5, 6, 2},
           {3, 3, 2, 2},
           {.strides = {2, 2}, .padding_low = {0, 1}, .padding_high = {1, 1}}},
          {"dilations", {1, 6, 7, 2}, {2, 3, 2, 3}, {.dilations = {2, 3}}},
          {"dilations_strides_padding",
           {1, 6, 7, 1},
           {3, 2, 1, 2},
           {.strides = {2, 3}, .dilations = {2, 2}, .padding_low = {1, 2}, .padding_high = {2, 0}}},
          {"groups", {1, 3, 4, 6}, {2, 2, 2, 9}, grouped(3)},
          {"depthwise", {2, 3, 4, 5}, {2, 3, 1, 5}, grouped(5)},
          {"depthwise_twice", {1, 3, 4, 3}, {2, 2, 1, 6}, grouped(3)},
          {"depthwise_strides_same",
           {1, 5, 4, 3},
           {3, 3, 1, 3},
           {.strides = {2, 2}, .padding_low = {1, 0}, .padding_high = {1, 1}, .groups = 3}},
          {"one_dimension", {2, 1, 9, 3}, {1, 3, 3, 2}, {.padding_low = {0, 2}, .padding_high = {0, 0}}},
          {"row_of_positions", {1, 1, 30, 2}, {1, 1, 2, 17}, {}},
          {"several_chunks", {5, 12, 12, 1}, {2, 2, 1, 2}, {}},
          {"no_images", {0, 3, 3, 2}, {2, 2, 2, 2}, {}}};
}

}  // namespace

void AddConvCases(std::vector<OpCase>& cases) {
  for (const Case& conv : Convolutions()) {
    // A chain of some dozens of terms; the kernel's gradient of some hundreds.
    const auto add = [&](const char* op, const Dims& a, const Dims& b, auto record) {
      OpCase c;
      c.op = op;
      c.name = conv.name;
      c.inputs = {CaseInput(), CaseInput()};
      c.inputs[0].dims = a;
      c.inputs[1].dims = b;
      c.record = [record](GraphBuilder&, absl::Span<const Value> in) {
        return std::vector<Value>{record(in[0], in[1])};
      };
      c.tolerance = 64;
      cases.push_back(std::move(c));
    };
    const Conv2DOptions& options = conv.options;
    Dims y = {conv.x[0], 0, 0, conv.kernel[3]};
    for (int i = 0; i < 2; ++i) {
      const int64_t extent = (conv.kernel[i] - 1) * options.dilations[i] + 1;
      y[1 + i] = (conv.x[1 + i] + options.padding_low[i] + options.padding_high[i] - extent) / options.strides[i] + 1;
    }
    add(kConv2DOp, conv.x, conv.kernel, [options](Value x, Value kernel) { return Conv2D(x, kernel, options); });
    add(kConv2DInputGradientOp, y, conv.kernel, [options, shape = Shape::FromDims(conv.x)](Value dy, Value kernel) {
      return Conv2DInputGradient(dy, kernel, shape, options);
    });
    add(kConv2DKernelGradientOp, conv.x, y, [options, shape = Shape::FromDims(conv.kernel)](Value x, Value dy) {
      return Conv2DKernelGradient(x, dy, shape, options);
    });
  }
}

}  // namespace weft
