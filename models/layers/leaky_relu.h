// LeakyReLU: y = x where x > 0, else negative_slope * x.
#ifndef WEFT_MODELS_LAYERS_LEAKY_RELU_H_
#define WEFT_MODELS_LAYERS_LEAKY_RELU_H_

#include <string>
#include <vector>

#include "models/layers/layer.h"

namespace weft {

struct LeakyReLUOptions {
  double negative_slope = 0.3;  // at least 0
  std::string name = "";
};

// Any shape, floats -> the same.
class LeakyReLULayer final : public Layer {
 public:
  explicit LeakyReLULayer(LeakyReLUOptions options = {});
  absl::string_view class_name() const override { return "LeakyReLU"; }
  void VisitConfig(ConfigVisitor& visitor) override;
  absl::Status Build(WeightBuilder& weights, absl::Span<const TensorType> inputs) override;
  std::vector<Value> Call(CallContext& context, absl::Span<const Value> inputs) const override;
  bool passes_mask() const override { return true; }

 private:
  LeakyReLUOptions options_;
};

inline LeakyReLULayer LeakyReLU(LeakyReLUOptions options = {}) { return LeakyReLULayer(std::move(options)); }
inline LeakyReLULayer LeakyReLU(double negative_slope) { return LeakyReLULayer({.negative_slope = negative_slope}); }

}  // namespace weft

#endif  // WEFT_MODELS_LAYERS_LEAKY_RELU_H_
