// RMSNormalization: y = x / sqrt(mean(x^2) + epsilon) * scale, the mean being that of each sample (and of each position
// along the axes that are not among `axis`). The same in training and elsewhere.
//
// Zhang, Sennrich, "Root mean square layer normalization", NeurIPS 2019.
#ifndef WEFT_MODELS_LAYERS_RMS_NORMALIZATION_H_
#define WEFT_MODELS_LAYERS_RMS_NORMALIZATION_H_

#include <string>
#include <vector>

#include "models/layers/layer.h"

namespace weft {

struct RMSNormalizationOptions {
  std::vector<int64_t> axis = {-1};  // those which are normalized together
  double epsilon = 1e-6;
  std::string name = "";
  bool trainable = true;
};

// Any shape whose dims along `axis` are known -> the same shape. Weight: scale, of those dims in ascending order of the
// axes, ones at first.
class RMSNormalizationLayer final : public Layer {
 public:
  explicit RMSNormalizationLayer(RMSNormalizationOptions options = {});
  absl::string_view class_name() const override { return "RMSNormalization"; }
  void VisitConfig(ConfigVisitor& visitor) override;
  absl::Status Build(WeightBuilder& weights, absl::Span<const TensorType> inputs) override;
  std::vector<Value> Call(CallContext& context, absl::Span<const Value> inputs) const override;

 private:
  RMSNormalizationOptions options_;
};

inline RMSNormalizationLayer RMSNormalization(RMSNormalizationOptions options = {}) {
  return RMSNormalizationLayer(std::move(options));
}

}  // namespace weft

#endif  // WEFT_MODELS_LAYERS_RMS_NORMALIZATION_H_
