// DepthwiseConv1D, DepthwiseConv2D: a convolution of each channel with kernels of its own.
#ifndef WEFT_MODELS_LAYERS_DEPTHWISE_CONV_H_
#define WEFT_MODELS_LAYERS_DEPTHWISE_CONV_H_

#include <string>
#include <vector>

#include "models/layers/layer.h"
#include "models/layers/spatial.h"

namespace weft {

struct DepthwiseConvOptions {
  Sizes kernel_size = {};  // required
  Sizes strides = 1;
  std::string padding = "valid";  // or "same"
  int64_t depth_multiplier = 1;   // kernels for each channel
  Sizes dilation_rate = 1;
  ActivationRef activation = "linear";
  bool use_bias = true;
  InitializerRef depthwise_initializer = "glorot_uniform";
  InitializerRef bias_initializer = "zeros";
  std::string name = "";
  bool trainable = true;
};

// What both have in common. Channel c * depth_multiplier + m of y is channel c of x with its kernel m. Weights: kernel
// [kernel_size..., channels, depth_multiplier], then bias [channels * depth_multiplier].
class DepthwiseConvLayer : public Layer {
 public:
  void VisitConfig(ConfigVisitor& visitor) override;
  absl::Status Build(WeightBuilder& weights, absl::Span<const TensorType> inputs) override;
  std::vector<Value> Call(CallContext& context, absl::Span<const Value> inputs) const override;

 protected:
  DepthwiseConvLayer(int rank, DepthwiseConvOptions options);

 private:
  int rank_;  // spatial axes
  DepthwiseConvOptions options_;
};

// [batch, steps, channels] -> [batch, new steps, channels * depth_multiplier].
class DepthwiseConv1DLayer final : public DepthwiseConvLayer {
 public:
  explicit DepthwiseConv1DLayer(DepthwiseConvOptions options = {}) : DepthwiseConvLayer(1, std::move(options)) {}
  absl::string_view class_name() const override { return "DepthwiseConv1D"; }
};

// [batch, height, width, channels] -> [batch, new height, new width, channels * depth_multiplier].
class DepthwiseConv2DLayer final : public DepthwiseConvLayer {
 public:
  explicit DepthwiseConv2DLayer(DepthwiseConvOptions options = {}) : DepthwiseConvLayer(2, std::move(options)) {}
  absl::string_view class_name() const override { return "DepthwiseConv2D"; }
};

inline DepthwiseConv1DLayer DepthwiseConv1D(DepthwiseConvOptions options) {
  return DepthwiseConv1DLayer(std::move(options));
}
inline DepthwiseConv2DLayer DepthwiseConv2D(DepthwiseConvOptions options) {
  return DepthwiseConv2DLayer(std::move(options));
}

}  // namespace weft

#endif  // WEFT_MODELS_LAYERS_DEPTHWISE_CONV_H_
