// GaussianNoise: in training y = x + stddev * n, n standard normal; elsewhere y = x.
//
// The noise is a function of the model's key, the training step and the element's logical position: see
// models/layers/dropout.h.
#ifndef WEFT_MODELS_LAYERS_GAUSSIAN_NOISE_H_
#define WEFT_MODELS_LAYERS_GAUSSIAN_NOISE_H_

#include <optional>
#include <string>
#include <vector>

#include "models/layers/layer.h"

namespace weft {

struct GaussianNoiseOptions {
  double stddev = 0;                 // required: in [0, 1]
  std::optional<int64_t> seed = {};  // none: the model's
  std::string name = "";
};

// Any shape, floats -> the same.
class GaussianNoiseLayer final : public Layer {
 public:
  explicit GaussianNoiseLayer(GaussianNoiseOptions options = {});
  absl::string_view class_name() const override { return "GaussianNoise"; }
  void VisitConfig(ConfigVisitor& visitor) override;
  absl::Status Build(WeightBuilder& weights, absl::Span<const TensorType> inputs) override;
  std::vector<Value> Call(CallContext& context, absl::Span<const Value> inputs) const override;
  bool passes_mask() const override { return true; }

 private:
  GaussianNoiseOptions options_;
};

inline GaussianNoiseLayer GaussianNoise(GaussianNoiseOptions options) { return GaussianNoiseLayer(std::move(options)); }
inline GaussianNoiseLayer GaussianNoise(double stddev) { return GaussianNoiseLayer({.stddev = stddev}); }

}  // namespace weft

#endif  // WEFT_MODELS_LAYERS_GAUSSIAN_NOISE_H_
