// SeparableConv1D, SeparableConv2D: a convolution of each channel by itself, then a product over the channels of each
// position.
#ifndef WEFT_MODELS_LAYERS_SEPARABLE_CONV_H_
#define WEFT_MODELS_LAYERS_SEPARABLE_CONV_H_

#include <string>
#include <vector>

#include "models/layers/layer.h"
#include "models/layers/spatial.h"

namespace weft {

struct SeparableConvOptions {
  int64_t filters = 0;     // required: the channels of y
  Sizes kernel_size = {};  // required
  Sizes strides = 1;
  std::string padding = "valid";  // or "same"
  Sizes dilation_rate = 1;
  int64_t depth_multiplier = 1;  // kernels for each channel of x
  ActivationRef activation = "linear";
  bool use_bias = true;
  InitializerRef depthwise_initializer = "glorot_uniform";
  InitializerRef pointwise_initializer = "glorot_uniform";
  InitializerRef bias_initializer = "zeros";
  std::string name = "";
  bool trainable = true;
};

// What both have in common. Weights: depthwise_kernel [kernel_size..., channels, depth_multiplier], pointwise_kernel
// [1..., channels * depth_multiplier, filters], then bias [filters].
class SeparableConvLayer : public Layer {
 public:
  void VisitConfig(ConfigVisitor& visitor) override;
  absl::Status Build(WeightBuilder& weights, absl::Span<const TensorType> inputs) override;
  std::vector<Value> Call(CallContext& context, absl::Span<const Value> inputs) const override;

 protected:
  SeparableConvLayer(int rank, SeparableConvOptions options);

 private:
  int rank_;  // spatial axes
  SeparableConvOptions options_;
};

// [batch, steps, channels] -> [batch, new steps, filters].
class SeparableConv1DLayer final : public SeparableConvLayer {
 public:
  explicit SeparableConv1DLayer(SeparableConvOptions options = {}) : SeparableConvLayer(1, std::move(options)) {}
  absl::string_view class_name() const override { return "SeparableConv1D"; }
};

// [batch, height, width, channels] -> [batch, new height, new width, filters].
class SeparableConv2DLayer final : public SeparableConvLayer {
 public:
  explicit SeparableConv2DLayer(SeparableConvOptions options = {}) : SeparableConvLayer(2, std::move(options)) {}
  absl::string_view class_name() const override { return "SeparableConv2D"; }
};

inline SeparableConv1DLayer SeparableConv1D(SeparableConvOptions options) {
  return SeparableConv1DLayer(std::move(options));
}
inline SeparableConv2DLayer SeparableConv2D(SeparableConvOptions options) {
  return SeparableConv2DLayer(std::move(options));
}

}  // namespace weft

#endif  // WEFT_MODELS_LAYERS_SEPARABLE_CONV_H_
