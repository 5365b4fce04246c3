// Conv1D, Conv2D: y = activation(convolution(x, kernel) + bias), over sequences and images.
//
// A convolution is what deep learning calls so: a correlation, the kernel is not turned around.
#ifndef WEFT_MODELS_LAYERS_CONV_H_
#define WEFT_MODELS_LAYERS_CONV_H_

#include <string>
#include <vector>

#include "models/layers/layer.h"
#include "models/layers/spatial.h"

namespace weft {

struct ConvLayerOptions {
  int64_t filters = 0;     // required: the channels of y; divisible by groups
  Sizes kernel_size = {};  // required
  Sizes strides = 1;
  std::string padding = "valid";  // "same", or (Conv1D) "causal": y[t] depends on x[0 ... t] only
  Sizes dilation_rate = 1;        // not together with strides > 1
  int64_t groups = 1;             // runs of channels that do not see each other
  ActivationRef activation = "linear";
  bool use_bias = true;
  InitializerRef kernel_initializer = "glorot_uniform";
  InitializerRef bias_initializer = "zeros";
  std::string name = "";
  bool trainable = true;
};

// What both have in common. Weights: kernel [kernel_size..., channels / groups, filters], then bias [filters].
class ConvLayer : public Layer {
 public:
  void VisitConfig(ConfigVisitor& visitor) override;
  absl::Status Build(WeightBuilder& weights, absl::Span<const TensorType> inputs) override;
  std::vector<Value> Call(CallContext& context, absl::Span<const Value> inputs) const override;

 protected:
  ConvLayer(int rank, ConvLayerOptions options);

 private:
  absl::StatusOr<SpatialPadding> Padding(const TensorType& input) const;

  int rank_;  // spatial axes
  ConvLayerOptions options_;
};

// [batch, steps, channels] -> [batch, new steps, filters].
class Conv1DLayer final : public ConvLayer {
 public:
  explicit Conv1DLayer(ConvLayerOptions options = {}) : ConvLayer(1, std::move(options)) {}
  absl::string_view class_name() const override { return "Conv1D"; }
};

// [batch, height, width, channels] -> [batch, new height, new width, filters].
class Conv2DLayer final : public ConvLayer {
 public:
  explicit Conv2DLayer(ConvLayerOptions options = {}) : ConvLayer(2, std::move(options)) {}
  absl::string_view class_name() const override { return "Conv2D"; }
};

inline Conv1DLayer Conv1D(ConvLayerOptions options) { return Conv1DLayer(std::move(options)); }
inline Conv2DLayer Conv2D(ConvLayerOptions options) { return Conv2DLayer(std::move(options)); }

}  // namespace weft

#endif  // WEFT_MODELS_LAYERS_CONV_H_
