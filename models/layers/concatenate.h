// Concatenate: the inputs joined along an axis.
//
// Where an input has a mask, the result has one: joined as well where the axis is that of the steps (inputs without a
// mask count throughout), else a step counts if it does in any input.
#ifndef WEFT_MODELS_LAYERS_CONCATENATE_H_
#define WEFT_MODELS_LAYERS_CONCATENATE_H_

#include <string>
#include <vector>

#include "models/layers/layer.h"

namespace weft {

struct ConcatenateOptions {
  int64_t axis = -1;  // not the batch axis, 0
  std::string name = "";
};

// Two or more inputs of one dtype whose dims are equal but for the axis -> one value. Any dtype but bool.
class ConcatenateLayer final : public Layer {
 public:
  explicit ConcatenateLayer(ConcatenateOptions options = {});
  absl::string_view class_name() const override { return "Concatenate"; }
  void VisitConfig(ConfigVisitor& visitor) override;
  absl::Status Build(WeightBuilder& weights, absl::Span<const TensorType> inputs) override;
  std::vector<Value> Call(CallContext& context, absl::Span<const Value> inputs) const override;

 private:
  ConcatenateOptions options_;
};

inline ConcatenateLayer Concatenate(ConcatenateOptions options = {}) { return ConcatenateLayer(std::move(options)); }

}  // namespace weft

#endif  // WEFT_MODELS_LAYERS_CONCATENATE_H_
