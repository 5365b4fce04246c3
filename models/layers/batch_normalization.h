// BatchNormalization: y = (x - mean) / sqrt(variance + epsilon) * gamma + beta, per feature.
//
// In training the statistics are those of the batch (of all samples and positions; where there is a mask, of those that
// count), and the moving ones become moving * momentum + batch * (1 - momentum); elsewhere they are the moving ones. A
// layer that is not trainable uses and keeps the moving ones in training too, as in Keras.
//
// Ioffe, Szegedy, "Batch normalization: accelerating deep network training by reducing internal covariate shift", ICML
// 2015.
#ifndef WEFT_MODELS_LAYERS_BATCH_NORMALIZATION_H_
#define WEFT_MODELS_LAYERS_BATCH_NORMALIZATION_H_

#include <string>
#include <vector>

#include "models/layers/layer.h"

namespace weft {

struct BatchNormalizationOptions {
  int64_t axis = -1;       // of the features
  double momentum = 0.99;  // in [0, 1]: how much of the moving statistics a batch leaves
  double epsilon = 1e-3;
  bool center = true;  // adds beta
  bool scale = true;   // multiplies by gamma
  InitializerRef beta_initializer = "zeros";
  InitializerRef gamma_initializer = "ones";
  InitializerRef moving_mean_initializer = "zeros";
  InitializerRef moving_variance_initializer = "ones";
  std::string name = "";
  bool trainable = true;
};

// Any shape with at least two axes, the features' of a known size -> the same shape. Weights, each [features]: gamma
// (where scale), beta (where center), moving_mean, moving_variance.
class BatchNormalizationLayer final : public Layer {
 public:
  explicit BatchNormalizationLayer(BatchNormalizationOptions options = {});
  absl::string_view class_name() const override { return "BatchNormalization"; }
  void VisitConfig(ConfigVisitor& visitor) override;
  absl::Status Build(WeightBuilder& weights, absl::Span<const TensorType> inputs) override;
  std::vector<Value> Call(CallContext& context, absl::Span<const Value> inputs) const override;
  bool passes_mask() const override { return true; }

 private:
  BatchNormalizationOptions options_;
};

inline BatchNormalizationLayer BatchNormalization(BatchNormalizationOptions options = {}) {
  return BatchNormalizationLayer(std::move(options));
}

}  // namespace weft

#endif  // WEFT_MODELS_LAYERS_BATCH_NORMALIZATION_H_
