// GlobalMaxPooling1D, GlobalMaxPooling2D, GlobalAveragePooling1D, GlobalAveragePooling2D: the maximum, or the mean, of
// each channel over all steps of a sequence, or all positions of an image.
#ifndef WEFT_MODELS_LAYERS_GLOBAL_POOLING_H_
#define WEFT_MODELS_LAYERS_GLOBAL_POOLING_H_

#include <string>
#include <vector>

#include "models/layers/layer.h"

namespace weft {

struct GlobalPoolingOptions {
  bool keepdims = false;  // the spatial axes stay, with size 1
  std::string name = "";
};

// What the four have in common: [batch, steps, channels] or [batch, height, width, channels] -> [batch, channels].
// Floats.
class GlobalPoolingLayer : public Layer {
 public:
  void VisitConfig(ConfigVisitor& visitor) override;
  absl::Status Build(WeightBuilder& weights, absl::Span<const TensorType> inputs) override;
  std::vector<Value> Call(CallContext& context, absl::Span<const Value> inputs) const override;

 protected:
  GlobalPoolingLayer(int rank, bool max, GlobalPoolingOptions options);

 private:
  int rank_;  // spatial axes
  bool max_;
  GlobalPoolingOptions options_;
};

class GlobalMaxPooling1DLayer final : public GlobalPoolingLayer {
 public:
  explicit GlobalMaxPooling1DLayer(GlobalPoolingOptions o = {}) : GlobalPoolingLayer(1, true, std::move(o)) {}
  absl::string_view class_name() const override { return "GlobalMaxPooling1D"; }
};

class GlobalMaxPooling2DLayer final : public GlobalPoolingLayer {
 public:
  explicit GlobalMaxPooling2DLayer(GlobalPoolingOptions o = {}) : GlobalPoolingLayer(2, true, std::move(o)) {}
  absl::string_view class_name() const override { return "GlobalMaxPooling2D"; }
};

// Honours the mask: the mean over the steps that count.
class GlobalAveragePooling1DLayer final : public GlobalPoolingLayer {
 public:
  explicit GlobalAveragePooling1DLayer(GlobalPoolingOptions o = {}) : GlobalPoolingLayer(1, false, std::move(o)) {}
  absl::string_view class_name() const override { return "GlobalAveragePooling1D"; }
};

class GlobalAveragePooling2DLayer final : public GlobalPoolingLayer {
 public:
  explicit GlobalAveragePooling2DLayer(GlobalPoolingOptions o = {}) : GlobalPoolingLayer(2, false, std::move(o)) {}
  absl::string_view class_name() const override { return "GlobalAveragePooling2D"; }
};

inline GlobalMaxPooling1DLayer GlobalMaxPooling1D(GlobalPoolingOptions options = {}) {
  return GlobalMaxPooling1DLayer(std::move(options));
}
inline GlobalMaxPooling2DLayer GlobalMaxPooling2D(GlobalPoolingOptions options = {}) {
  return GlobalMaxPooling2DLayer(std::move(options));
}
inline GlobalAveragePooling1DLayer GlobalAveragePooling1D(GlobalPoolingOptions options = {}) {
  return GlobalAveragePooling1DLayer(std::move(options));
}
inline GlobalAveragePooling2DLayer GlobalAveragePooling2D(GlobalPoolingOptions options = {}) {
  return GlobalAveragePooling2DLayer(std::move(options));
}

}  // namespace weft

#endif  // WEFT_MODELS_LAYERS_GLOBAL_POOLING_H_
