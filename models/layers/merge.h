// What the layers that merge several inputs element by element have in common.
//
// Inputs broadcast behind the batch axis, which all have; one with fewer axes than another gets axes of size 1 behind
// the batch (Keras): [batch, 5] and [batch, 3, 5] merge as [batch, 1, 5] and [batch, 3, 5].
//
// The result has a mask where all inputs have one: a step counts if it does in any of them.
#ifndef WEFT_MODELS_LAYERS_MERGE_H_
#define WEFT_MODELS_LAYERS_MERGE_H_

#include <string>
#include <vector>

#include "models/layers/layer.h"

namespace weft {

struct MergeOptions {
  std::string name = "";
};

// Two or more inputs of one dtype -> one value of the shape that they broadcast to.
class MergeLayer : public Layer {
 public:
  explicit MergeLayer(MergeOptions options) { name_ = std::move(options.name); }
  void VisitConfig(ConfigVisitor& visitor) override { VisitLayer(visitor); }
  absl::Status Build(WeightBuilder& weights, absl::Span<const TensorType> inputs) override;
  std::vector<Value> Call(CallContext& context, absl::Span<const Value> inputs) const final;

 protected:
  // `inputs` have one rank. `masks`, one per input, are absent or broadcast to the input.
  virtual Value Merge(absl::Span<const Value> inputs, absl::Span<const Value> masks) const = 0;
};

// For Maximum and Minimum: op(op(a, b), c) ..., where an element that does not count gives way to what does.
Value MergeMasked(absl::Span<const Value> inputs, absl::Span<const Value> masks, Value (*op)(Value a, Value b));

// Two or more inputs of one number type and with one batch dim, which is their first.
absl::Status ExpectSeveralInputs(absl::Span<const TensorType> inputs);

}  // namespace weft

#endif  // WEFT_MODELS_LAYERS_MERGE_H_
