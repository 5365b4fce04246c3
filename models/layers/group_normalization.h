// GroupNormalization: y = (x - mean) / sqrt(variance + epsilon) * gamma + beta, with the statistics of each sample's
// groups of neighbouring channels, over all positions. The same in training and elsewhere.
//
// Wu, He, "Group normalization", ECCV 2018.
#ifndef WEFT_MODELS_LAYERS_GROUP_NORMALIZATION_H_
#define WEFT_MODELS_LAYERS_GROUP_NORMALIZATION_H_

#include <string>
#include <vector>

#include "models/layers/layer.h"

namespace weft {

struct GroupNormalizationOptions {
  int64_t groups = 32;  // divides the number of channels; -1: that number (instance normalization)
  int64_t axis = -1;    // of the channels
  double epsilon = 1e-3;
  bool center = true;  // adds beta
  bool scale = true;   // multiplies by gamma
  InitializerRef beta_initializer = "zeros";
  InitializerRef gamma_initializer = "ones";
  std::string name = "";
  bool trainable = true;
};

// [batch, ...] with a known number of channels -> the same shape. Weights, each [channels]: gamma (where scale), beta
// (where center).
class GroupNormalizationLayer final : public Layer {
 public:
  explicit GroupNormalizationLayer(GroupNormalizationOptions options = {});
  absl::string_view class_name() const override { return "GroupNormalization"; }
  void VisitConfig(ConfigVisitor& visitor) override;
  absl::Status Build(WeightBuilder& weights, absl::Span<const TensorType> inputs) override;
  std::vector<Value> Call(CallContext& context, absl::Span<const Value> inputs) const override;
  bool passes_mask() const override { return true; }

 private:
  GroupNormalizationOptions options_;
};

inline GroupNormalizationLayer GroupNormalization(GroupNormalizationOptions options = {}) {
  return GroupNormalizationLayer(std::move(options));
}

}  // namespace weft

#endif  // WEFT_MODELS_LAYERS_GROUP_NORMALIZATION_H_
