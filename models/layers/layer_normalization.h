// LayerNormalization: y = (x - mean) / sqrt(variance + epsilon) * gamma + beta, with the statistics of each sample (and
// of each position along the axes that are not among `axis`). The same in training and elsewhere.
//
// Ba, Kiros, Hinton, "Layer normalization", 2016.
#ifndef WEFT_MODELS_LAYERS_LAYER_NORMALIZATION_H_
#define WEFT_MODELS_LAYERS_LAYER_NORMALIZATION_H_

#include <string>
#include <vector>

#include "models/layers/layer.h"

namespace weft {

struct LayerNormalizationOptions {
  std::vector<int64_t> axis = {-1};  // those which are normalized together
  double epsilon = 1e-3;
  bool center = true;  // adds beta
  bool scale = true;   // multiplies by gamma
  InitializerRef beta_initializer = "zeros";
  InitializerRef gamma_initializer = "ones";
  std::string name = "";
  bool trainable = true;
};

// Any shape whose dims along `axis` are known -> the same shape. Weights, of those dims: gamma (where scale), beta
// (where center). Their elements are in ascending order of the axes; as in Keras their dims are in that of the numbers
// given, so that for {-1, 1} the last axis' comes first.
class LayerNormalizationLayer final : public Layer {
 public:
  explicit LayerNormalizationLayer(LayerNormalizationOptions options = {});
  absl::string_view class_name() const override { return "LayerNormalization"; }
  void VisitConfig(ConfigVisitor& visitor) override;
  absl::Status Build(WeightBuilder& weights, absl::Span<const TensorType> inputs) override;
  std::vector<Value> Call(CallContext& context, absl::Span<const Value> inputs) const override;
  bool passes_mask() const override { return true; }

 private:
  LayerNormalizationOptions options_;
};

inline LayerNormalizationLayer LayerNormalization(LayerNormalizationOptions options = {}) {
  return LayerNormalizationLayer(std::move(options));
}

}  // namespace weft

#endif  // WEFT_MODELS_LAYERS_LAYER_NORMALIZATION_H_
