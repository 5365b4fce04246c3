// Average: the sum of the inputs, from the first to the last, divided by their number; floats (models/layers/merge.h
// says which inputs fit).
#ifndef WEFT_MODELS_LAYERS_AVERAGE_H_
#define WEFT_MODELS_LAYERS_AVERAGE_H_

#include "models/layers/merge.h"

namespace weft {

class AverageLayer final : public MergeLayer {
 public:
  explicit AverageLayer(MergeOptions options = {}) : MergeLayer(std::move(options)) {}
  absl::string_view class_name() const override { return "Average"; }
  absl::Status Build(WeightBuilder& weights, absl::Span<const TensorType> inputs) override;

 protected:
  Value Merge(absl::Span<const Value> inputs, absl::Span<const Value> masks) const override;
};

inline AverageLayer Average(MergeOptions options = {}) { return AverageLayer(std::move(options)); }

}  // namespace weft

#endif  // WEFT_MODELS_LAYERS_AVERAGE_H_
