// UnitNormalization: y = x / max(|x|, 1e-12), |x| being the Euclidean norm over `axis`. The same in training and
// elsewhere.
#ifndef WEFT_MODELS_LAYERS_UNIT_NORMALIZATION_H_
#define WEFT_MODELS_LAYERS_UNIT_NORMALIZATION_H_

#include <string>
#include <vector>

#include "models/layers/layer.h"

namespace weft {

struct UnitNormalizationOptions {
  std::vector<int64_t> axis = {-1};  // those which are normalized together
  std::string name = "";
};

// Any shape -> the same.
class UnitNormalizationLayer final : public Layer {
 public:
  explicit UnitNormalizationLayer(UnitNormalizationOptions options = {});
  absl::string_view class_name() const override { return "UnitNormalization"; }
  void VisitConfig(ConfigVisitor& visitor) override;
  absl::Status Build(WeightBuilder& weights, absl::Span<const TensorType> inputs) override;
  std::vector<Value> Call(CallContext& context, absl::Span<const Value> inputs) const override;
  bool passes_mask() const override { return true; }

 private:
  UnitNormalizationOptions options_;
};

inline UnitNormalizationLayer UnitNormalization(UnitNormalizationOptions options = {}) {
  return UnitNormalizationLayer(std::move(options));
}

}  // namespace weft

#endif  // WEFT_MODELS_LAYERS_UNIT_NORMALIZATION_H_
