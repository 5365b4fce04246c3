#include "models/layers/layers.h"
#include "models/layers/layers_cases.h"

namespace weft {

void AddSpatialCases(std::vector<LayerCase>& cases) {
  const auto add = [&](std::string name, std::function<LayerRef()> make, std::vector<int64_t> input,
                       std::vector<int64_t> output, int64_t weights = 0, int64_t params = 0) {
    cases.push_back({std::move(name), std::move(make), std::move(input), std::move(output), weights, params});
  };
  // ---- convolutions
  add(
      "Conv2D", [] { return Conv2D({.filters = 4, .kernel_size = 3}); }, {6, 7, 2}, {4, 5, 4}, 2, 76);
  add(
      "Conv2DRelu",
      [] {
        return Conv2D({.filters = 4, .kernel_size = {3, 2}, .activation = "relu"});
      },
      {6, 7, 1}, {4, 6, 4}, 2, 28);
  add(
      "Conv2DSame", [] { return Conv2D({.filters = 3, .kernel_size = 3, .strides = 2, .padding = "same"}); }, {5, 6, 2},
      {3, 3, 3}, 2, 57);
  add(
      "Conv2DSameCapital", [] { return Conv2D({.filters = 3, .kernel_size = 2, .padding = "SAME"}); }, {5, 6, 2},
      {5, 6, 3}, 2, 27);
  add(
      "Conv2DDilated",
      [] {
        return Conv2D({.filters = 3, .kernel_size = 3, .dilation_rate = {1, 2}});
      },
      {6, 7, 2}, {4, 3, 3}, 2, 57);
  add(
      "Conv2DGroups", [] { return Conv2D({.filters = 4, .kernel_size = 3, .groups = 2, .use_bias = false}); },
      {5, 5, 6}, {3, 3, 4}, 1, 108);
  add(
      "Conv2DSoftmax", [] { return Conv2D({.filters = 3, .kernel_size = 2, .activation = "softmax"}); }, {3, 3, 2},
      {2, 2, 3}, 2, 27);
  add(
      "Conv1D", [] { return Conv1D({.filters = 4, .kernel_size = 3, .activation = "tanh"}); }, {9, 2}, {7, 4}, 2, 28);
  add(
      "Conv1DCausal", [] { return Conv1D({.filters = 4, .kernel_size = 3, .padding = "causal", .dilation_rate = 2}); },
      {9, 2}, {9, 4}, 2, 28);
  add(
      "Conv1DSoftmaxOverSteps",
      [] {
        return Conv1D({.filters = 2, .kernel_size = 2, .activation = {"softmax", {{"axis", int64_t{1}}}}});
      },
      {5, 2}, {4, 2}, 2, 10);
  add(
      "Conv2DTranspose", [] { return Conv2DTranspose({.filters = 3, .kernel_size = 3, .strides = 2}); }, {3, 4, 2},
      {7, 9, 3}, 2, 57);
  add(
      "Conv2DTransposeSame",
      [] {
        return Conv2DTranspose({.filters = 3, .kernel_size = 3, .strides = {2, 3}, .padding = "same"});
      },
      {3, 4, 2}, {6, 12, 3}, 2, 57);
  add(
      "Conv2DTransposeOutputPadding",
      [] {
        return Conv2DTranspose(
            {.filters = 2, .kernel_size = 3, .strides = 2, .padding = "same", .output_padding = {0, 1}});
      },
      {3, 4, 2}, {5, 8, 2}, 2, 38);
  add(
      "Conv2DTransposeWideStride", [] { return Conv2DTranspose({.filters = 2, .kernel_size = 1, .strides = 3}); },
      {3, 2, 2}, {9, 6, 2}, 2, 6);
  add(
      "Conv1DTranspose", [] { return Conv1DTranspose({.filters = 3, .kernel_size = 4, .strides = 2}); }, {5, 2},
      {12, 3}, 2, 27);
  add(
      "DepthwiseConv2D", [] { return DepthwiseConv2D({.kernel_size = 3, .depth_multiplier = 2}); }, {5, 6, 3},
      {3, 4, 6}, 2, 60);
  add(
      "DepthwiseConv1D", [] { return DepthwiseConv1D({.kernel_size = 3, .padding = "same"}); }, {6, 3}, {6, 3}, 2, 12);
  add(
      "SeparableConv2D",
      [] { return SeparableConv2D({.filters = 4, .kernel_size = 3, .padding = "same", .depth_multiplier = 2}); },
      {5, 6, 3}, {5, 6, 4}, 3, 82);
  add(
      "SeparableConv1D",
      [] { return SeparableConv1D({.filters = 4, .kernel_size = 3, .strides = 2, .activation = "relu"}); }, {9, 3},
      {4, 4}, 3, 25);
  // ---- poolings
  add("MaxPooling2D", [] { return MaxPooling2D(); }, {5, 6, 3}, {2, 3, 3});
  add("MaxPooling2DSame",
      [] {
        return MaxPooling2D({.pool_size = {3, 2}, .strides = 2, .padding = "same"});
      },
      {5, 6, 3}, {3, 3, 3});
  add("MaxPooling1D", [] { return MaxPooling1D(); }, {7, 3}, {3, 3});
  add("AveragePooling2D", [] { return AveragePooling2D({.pool_size = 3, .strides = 1}); }, {5, 6, 3}, {3, 4, 3});
  add("AveragePooling1D", [] { return AveragePooling1D({.pool_size = 2, .padding = "same"}); }, {7, 3}, {4, 3});
  add("GlobalMaxPooling1D", [] { return GlobalMaxPooling1D(); }, {7, 3}, {3});
  add("GlobalMaxPooling2D", [] { return GlobalMaxPooling2D({.keepdims = true}); }, {5, 6, 3}, {1, 1, 3});
  add("GlobalAveragePooling1D", [] { return GlobalAveragePooling1D({.keepdims = true}); }, {7, 3}, {1, 3});
  add("GlobalAveragePooling2D", [] { return GlobalAveragePooling2D(); }, {5, 6, 3}, {3});
  // ---- sizes
  add("ZeroPadding1D", [] { return ZeroPadding1D(); }, {4, 3}, {6, 3});
  add("ZeroPadding1DEnds", [] { return ZeroPadding1D({.padding = {0, 3}}); }, {4, 3}, {7, 3});
  add("ZeroPadding2D", [] { return ZeroPadding2D(); }, {4, 5, 2}, {6, 7, 2});
  add("ZeroPadding2DAxes", [] { return ZeroPadding2D({.padding = {1, 2}}); }, {4, 5, 2}, {6, 9, 2});
  add("ZeroPadding2DEnds", [] { return ZeroPadding2D({.padding = {{1, 2}, {0, 3}}}); }, {4, 5, 2}, {7, 8, 2});
  add("Cropping1D", [] { return Cropping1D(); }, {4, 3}, {2, 3});
  add("Cropping2D", [] { return Cropping2D(); }, {4, 5, 2}, {4, 5, 2});
  add("Cropping2DEnds", [] { return Cropping2D({.cropping = {{1, 0}, {2, 1}}}); }, {4, 5, 2}, {3, 2, 2});
  add("UpSampling1D", [] { return UpSampling1D(); }, {4, 3}, {8, 3});
  add("UpSampling2D", [] { return UpSampling2D({.size = {2, 3}}); }, {4, 5, 2}, {8, 15, 2});
  add("UpSampling2DBilinear",
      [] {
        return UpSampling2D({.size = {2, 3}, .interpolation = "bilinear"});
      },
      {4, 1, 2}, {8, 3, 2});
}

}  // namespace weft
