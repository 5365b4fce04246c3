// Maximum: the largest of the inputs' elements (models/layers/merge.h says which inputs fit). What an input's mask
// leaves out gives way to the other inputs.
#ifndef WEFT_MODELS_LAYERS_MAXIMUM_H_
#define WEFT_MODELS_LAYERS_MAXIMUM_H_

#include "models/layers/merge.h"

namespace weft {

class MaximumLayer final : public MergeLayer {
 public:
  explicit MaximumLayer(MergeOptions options = {}) : MergeLayer(std::move(options)) {}
  absl::string_view class_name() const override { return "Maximum"; }

 protected:
  Value Merge(absl::Span<const Value> inputs, absl::Span<const Value> masks) const override;
};

inline MaximumLayer Maximum(MergeOptions options = {}) { return MaximumLayer(std::move(options)); }

}  // namespace weft

#endif  // WEFT_MODELS_LAYERS_MAXIMUM_H_
