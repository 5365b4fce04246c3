// Subtract: the first input minus the second; there are two (models/layers/merge.h says which fit).
#ifndef WEFT_MODELS_LAYERS_SUBTRACT_H_
#define WEFT_MODELS_LAYERS_SUBTRACT_H_

#include "models/layers/merge.h"

namespace weft {

class SubtractLayer final : public MergeLayer {
 public:
  explicit SubtractLayer(MergeOptions options = {}) : MergeLayer(std::move(options)) {}
  absl::string_view class_name() const override { return "Subtract"; }
  absl::Status Build(WeightBuilder& weights, absl::Span<const TensorType> inputs) override;

 protected:
  Value Merge(absl::Span<const Value> inputs, absl::Span<const Value> masks) const override;
};

inline SubtractLayer Subtract(MergeOptions options = {}) { return SubtractLayer(std::move(options)); }

}  // namespace weft

#endif  // WEFT_MODELS_LAYERS_SUBTRACT_H_
