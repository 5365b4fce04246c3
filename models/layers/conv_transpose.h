// Conv1DTranspose, Conv2DTranspose: y = activation(transposed convolution(x, kernel) + bias), over sequences and
// images: the map whose transpose is the convolution with the same kernel and options, from y's shape to x's.
#ifndef WEFT_MODELS_LAYERS_CONV_TRANSPOSE_H_
#define WEFT_MODELS_LAYERS_CONV_TRANSPOSE_H_

#include <string>
#include <vector>

#include "models/layers/layer.h"
#include "models/layers/spatial.h"

namespace weft {

struct ConvTransposeOptions {
  int64_t filters = 0;     // required: the channels of y
  Sizes kernel_size = {};  // required
  Sizes strides = 1;
  std::string padding = "valid";  // or "same"
  Sizes output_padding = {};      // less than strides; none: what makes y's sizes those below
  Sizes dilation_rate = 1;        // not together with strides > 1
  ActivationRef activation = "linear";
  bool use_bias = true;
  InitializerRef kernel_initializer = "glorot_uniform";
  InitializerRef bias_initializer = "zeros";
  std::string name = "";
  bool trainable = true;
};

// What both have in common. Sizes of y, with extent = (kernel_size - 1) * dilation_rate + 1:
//   "valid": (size - 1) * stride + max(extent, stride), or (size - 1) * stride + extent + output_padding;
//   "same": size * stride, or (size - 1) * stride + extent mod 2 + output_padding.
// Weights: kernel [kernel_size..., filters, channels], then bias [filters].
class ConvTransposeLayer : public Layer {
 public:
  void VisitConfig(ConfigVisitor& visitor) override;
  absl::Status Build(WeightBuilder& weights, absl::Span<const TensorType> inputs) override;
  std::vector<Value> Call(CallContext& context, absl::Span<const Value> inputs) const override;

 protected:
  ConvTransposeLayer(int rank, ConvTransposeOptions options);

 private:
  // The shape of y as an image, and the padding of the convolution from there.
  struct Geometry {
    Shape output;
    SpatialPadding padding;
  };
  Geometry GeometryOf(const TensorType& input) const;

  int rank_;  // spatial axes
  ConvTransposeOptions options_;
};

// [batch, steps, channels] -> [batch, new steps, filters].
class Conv1DTransposeLayer final : public ConvTransposeLayer {
 public:
  explicit Conv1DTransposeLayer(ConvTransposeOptions options = {}) : ConvTransposeLayer(1, std::move(options)) {}
  absl::string_view class_name() const override { return "Conv1DTranspose"; }
};

// [batch, height, width, channels] -> [batch, new height, new width, filters].
class Conv2DTransposeLayer final : public ConvTransposeLayer {
 public:
  explicit Conv2DTransposeLayer(ConvTransposeOptions options = {}) : ConvTransposeLayer(2, std::move(options)) {}
  absl::string_view class_name() const override { return "Conv2DTranspose"; }
};

inline Conv1DTransposeLayer Conv1DTranspose(ConvTransposeOptions options) {
  return Conv1DTransposeLayer(std::move(options));
}
inline Conv2DTransposeLayer Conv2DTranspose(ConvTransposeOptions options) {
  return Conv2DTransposeLayer(std::move(options));
}

}  // namespace weft

#endif  // WEFT_MODELS_LAYERS_CONV_TRANSPOSE_H_
