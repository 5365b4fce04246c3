// UpSampling1D, UpSampling2D: a sequence or an image made larger by whole factors.
#ifndef WEFT_MODELS_LAYERS_UP_SAMPLING_H_
#define WEFT_MODELS_LAYERS_UP_SAMPLING_H_

#include <string>
#include <vector>

#include "models/layers/layer.h"
#include "models/layers/spatial.h"

namespace weft {

struct UpSampling1DOptions {
  int64_t size = 2;  // how often each step is repeated
  std::string name = "";
};

// [batch, steps, channels] -> [batch, steps * size, channels]. Any dtype.
class UpSampling1DLayer final : public Layer {
 public:
  explicit UpSampling1DLayer(UpSampling1DOptions options = {});
  absl::string_view class_name() const override { return "UpSampling1D"; }
  void VisitConfig(ConfigVisitor& visitor) override;
  absl::Status Build(WeightBuilder& weights, absl::Span<const TensorType> inputs) override;
  std::vector<Value> Call(CallContext& context, absl::Span<const Value> inputs) const override;

 private:
  UpSampling1DOptions options_;
};

struct UpSampling2DOptions {
  Sizes size = 2;  // factors for height and width
  // "nearest": each position is repeated (any dtype). "bilinear": position i of the result lies at (i + 1/2) / size -
  // 1/2 of the input, between two positions, or at the first or last where it lies beyond (floats; the sizes must be
  // known).
  std::string interpolation = "nearest";
  std::string name = "";
};

// [batch, height, width, channels] -> [batch, height * size, width * size, channels].
class UpSampling2DLayer final : public Layer {
 public:
  explicit UpSampling2DLayer(UpSampling2DOptions options = {});
  absl::string_view class_name() const override { return "UpSampling2D"; }
  void VisitConfig(ConfigVisitor& visitor) override;
  absl::Status Build(WeightBuilder& weights, absl::Span<const TensorType> inputs) override;
  std::vector<Value> Call(CallContext& context, absl::Span<const Value> inputs) const override;

 private:
  UpSampling2DOptions options_;
};

inline UpSampling1DLayer UpSampling1D(UpSampling1DOptions options = {}) {
  return UpSampling1DLayer(std::move(options));
}
inline UpSampling2DLayer UpSampling2D(UpSampling2DOptions options = {}) {
  return UpSampling2DLayer(std::move(options));
}

}  // namespace weft

#endif  // WEFT_MODELS_LAYERS_UP_SAMPLING_H_
