// Add: the sum of the inputs, from the first to the last (models/layers/merge.h says which inputs fit).
#ifndef WEFT_MODELS_LAYERS_ADD_H_
#define WEFT_MODELS_LAYERS_ADD_H_

#include "models/layers/merge.h"

namespace weft {

class AddLayer final : public MergeLayer {
 public:
  explicit AddLayer(MergeOptions options = {}) : MergeLayer(std::move(options)) {}
  absl::string_view class_name() const override { return "Add"; }

 protected:
  Value Merge(absl::Span<const Value> inputs, absl::Span<const Value> masks) const override;
};

inline AddLayer Add(MergeOptions options = {}) { return AddLayer(std::move(options)); }

}  // namespace weft

#endif  // WEFT_MODELS_LAYERS_ADD_H_
