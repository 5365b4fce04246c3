// ReLU: y = min(x, max_value) where x > threshold, else negative_slope * (x - threshold).
#ifndef WEFT_MODELS_LAYERS_RELU_H_
#define WEFT_MODELS_LAYERS_RELU_H_

#include <optional>
#include <string>
#include <vector>

#include "models/layers/layer.h"

namespace weft {

struct ReLUOptions {
  std::optional<double> max_value = {};  // at least 0; none: unlimited
  double negative_slope = 0;             // at least 0
  double threshold = 0;                  // at least 0
  std::string name = "";
};

// Any shape, floats -> the same.
class ReLULayer final : public Layer {
 public:
  explicit ReLULayer(ReLUOptions options = {});
  absl::string_view class_name() const override { return "ReLU"; }
  void VisitConfig(ConfigVisitor& visitor) override;
  absl::Status Build(WeightBuilder& weights, absl::Span<const TensorType> inputs) override;
  std::vector<Value> Call(CallContext& context, absl::Span<const Value> inputs) const override;
  bool passes_mask() const override { return true; }

 private:
  ReLUOptions options_;
};

inline ReLULayer ReLU(ReLUOptions options = {}) { return ReLULayer(std::move(options)); }

}  // namespace weft

#endif  // WEFT_MODELS_LAYERS_RELU_H_
