// Multiply: the product of the inputs, from the first to the last (models/layers/merge.h says which inputs fit). What
// an input's mask leaves out counts as 1; where all masks leave it out, the result is 0.
#ifndef WEFT_MODELS_LAYERS_MULTIPLY_H_
#define WEFT_MODELS_LAYERS_MULTIPLY_H_

#include "models/layers/merge.h"

namespace weft {

class MultiplyLayer final : public MergeLayer {
 public:
  explicit MultiplyLayer(MergeOptions options = {}) : MergeLayer(std::move(options)) {}
  absl::string_view class_name() const override { return "Multiply"; }

 protected:
  Value Merge(absl::Span<const Value> inputs, absl::Span<const Value> masks) const override;
};

inline MultiplyLayer Multiply(MergeOptions options = {}) { return MultiplyLayer(std::move(options)); }

}  // namespace weft

#endif  // WEFT_MODELS_LAYERS_MULTIPLY_H_
