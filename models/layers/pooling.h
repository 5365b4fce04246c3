// MaxPooling1D, MaxPooling2D, AveragePooling1D, AveragePooling2D: the maximum, or the mean, of each window of a
// sequence or an image, for each channel.
#ifndef WEFT_MODELS_LAYERS_POOLING_H_
#define WEFT_MODELS_LAYERS_POOLING_H_

#include <string>
#include <vector>

#include "models/layers/layer.h"
#include "models/layers/spatial.h"

namespace weft {

struct MaxPoolingOptions {
  Sizes pool_size = 2;
  Sizes strides = {};             // none: pool_size
  std::string padding = "valid";  // or "same", which takes no part in the maximum
  std::string name = "";
};

struct AveragePoolingOptions {
  Sizes pool_size = {};           // required
  Sizes strides = {};             // none: pool_size
  std::string padding = "valid";  // or "same", which is not counted in the mean
  std::string name = "";
};

// What the four have in common: [batch, steps, channels] -> [batch, new steps, channels], or [batch, height, width,
// channels] -> [batch, new height, new width, channels]; the new sizes are floor((size - pool) / stride) + 1 ("valid")
// or ceil(size / stride) ("same"). Floats.
class PoolingLayer : public Layer {
 public:
  void VisitConfig(ConfigVisitor& visitor) override;
  absl::Status Build(WeightBuilder& weights, absl::Span<const TensorType> inputs) override;
  std::vector<Value> Call(CallContext& context, absl::Span<const Value> inputs) const override;

 protected:
  PoolingLayer(int rank, bool max, Sizes pool_size, Sizes strides, std::string padding, std::string name);

 private:
  const Sizes& strides() const { return strides_.values.empty() ? pool_size_ : strides_; }

  int rank_;  // spatial axes
  bool max_;
  Sizes pool_size_, strides_;
  std::string padding_;
};

class MaxPooling1DLayer final : public PoolingLayer {
 public:
  explicit MaxPooling1DLayer(MaxPoolingOptions o = {})
      : PoolingLayer(1, true, std::move(o.pool_size), std::move(o.strides), std::move(o.padding), std::move(o.name)) {}
  absl::string_view class_name() const override { return "MaxPooling1D"; }
};

class MaxPooling2DLayer final : public PoolingLayer {
 public:
  explicit MaxPooling2DLayer(MaxPoolingOptions o = {})
      : PoolingLayer(2, true, std::move(o.pool_size), std::move(o.strides), std::move(o.padding), std::move(o.name)) {}
  absl::string_view class_name() const override { return "MaxPooling2D"; }
};

class AveragePooling1DLayer final : public PoolingLayer {
 public:
  explicit AveragePooling1DLayer(AveragePoolingOptions o = {})
      : PoolingLayer(1, false, std::move(o.pool_size), std::move(o.strides), std::move(o.padding), std::move(o.name)) {}
  absl::string_view class_name() const override { return "AveragePooling1D"; }
};

class AveragePooling2DLayer final : public PoolingLayer {
 public:
  explicit AveragePooling2DLayer(AveragePoolingOptions o = {})
      : PoolingLayer(2, false, std::move(o.pool_size), std::move(o.strides), std::move(o.padding), std::move(o.name)) {}
  absl::string_view class_name() const override { return "AveragePooling2D"; }
};

inline MaxPooling1DLayer MaxPooling1D(MaxPoolingOptions options = {}) { return MaxPooling1DLayer(std::move(options)); }
inline MaxPooling2DLayer MaxPooling2D(MaxPoolingOptions options = {}) { return MaxPooling2DLayer(std::move(options)); }
inline AveragePooling1DLayer AveragePooling1D(AveragePoolingOptions options) {
  return AveragePooling1DLayer(std::move(options));
}
inline AveragePooling2DLayer AveragePooling2D(AveragePoolingOptions options) {
  return AveragePooling2DLayer(std::move(options));
}

}  // namespace weft

#endif  // WEFT_MODELS_LAYERS_POOLING_H_
