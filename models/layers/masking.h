// Masking: steps whose features all equal mask_value do not count: they are masked, and zero in the output.
#ifndef WEFT_MODELS_LAYERS_MASKING_H_
#define WEFT_MODELS_LAYERS_MASKING_H_

#include <string>
#include <vector>

#include "models/layers/layer.h"

namespace weft {

struct MaskingOptions {
  double mask_value = 0;
  std::string name = "";
};

// [batch, time, ..., features] -> the same; the output's mask is [batch, time, ...].
class MaskingLayer final : public Layer {
 public:
  explicit MaskingLayer(MaskingOptions options = {});
  absl::string_view class_name() const override { return "Masking"; }
  void VisitConfig(ConfigVisitor& visitor) override;
  absl::Status Build(WeightBuilder& weights, absl::Span<const TensorType> inputs) override;
  std::vector<Value> Call(CallContext& context, absl::Span<const Value> inputs) const override;

 private:
  MaskingOptions options_;
};

inline MaskingLayer Masking(MaskingOptions options = {}) { return MaskingLayer(std::move(options)); }

}  // namespace weft

#endif  // WEFT_MODELS_LAYERS_MASKING_H_
