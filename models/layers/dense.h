// Dense: y = activation(x kernel + bias), over the last axis of x.
#ifndef WEFT_MODELS_LAYERS_DENSE_H_
#define WEFT_MODELS_LAYERS_DENSE_H_

#include <string>
#include <vector>

#include "models/layers/layer.h"

namespace weft {

struct DenseOptions {
  int64_t units = 0;  // required: the size of y's last axis
  ActivationRef activation = "linear";
  bool use_bias = true;
  InitializerRef kernel_initializer = "glorot_uniform";
  InitializerRef bias_initializer = "zeros";
  std::string name = "";
  bool trainable = true;
};

// [batch, ..., in] -> [batch, ..., units]. Weights: kernel [in, units], then bias [units] (where use_bias).
class DenseLayer final : public Layer {
 public:
  explicit DenseLayer(DenseOptions options = {});
  absl::string_view class_name() const override { return "Dense"; }
  void VisitConfig(ConfigVisitor& visitor) override;
  absl::Status Build(WeightBuilder& weights, absl::Span<const TensorType> inputs) override;
  std::vector<Value> Call(CallContext& context, absl::Span<const Value> inputs) const override;
  bool passes_mask() const override { return true; }

 private:
  DenseOptions options_;
};

inline DenseLayer Dense(DenseOptions options) { return DenseLayer(std::move(options)); }

}  // namespace weft

#endif  // WEFT_MODELS_LAYERS_DENSE_H_
