// Minimum: the smallest of the inputs' elements (models/layers/merge.h says which inputs fit). What an input's mask
// leaves out gives way to the other inputs.
#ifndef WEFT_MODELS_LAYERS_MINIMUM_H_
#define WEFT_MODELS_LAYERS_MINIMUM_H_

#include "models/layers/merge.h"

namespace weft {

class MinimumLayer final : public MergeLayer {
 public:
  explicit MinimumLayer(MergeOptions options = {}) : MergeLayer(std::move(options)) {}
  absl::string_view class_name() const override { return "Minimum"; }

 protected:
  Value Merge(absl::Span<const Value> inputs, absl::Span<const Value> masks) const override;
};

inline MinimumLayer Minimum(MergeOptions options = {}) { return MinimumLayer(std::move(options)); }

}  // namespace weft

#endif  // WEFT_MODELS_LAYERS_MINIMUM_H_
