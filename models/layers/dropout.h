// Dropout: in training, each element is zero with probability `rate`, the others are divided by 1 - rate; elsewhere
// y = x.
//
// The mask is a function of the model's key, the training step and the element's logical position: the same for any
// number of threads and any instruction set, another one in each step, and the same again when a saved model goes on.
//
// Srivastava, Hinton, Krizhevsky, Sutskever, Salakhutdinov, "Dropout: a simple way to prevent neural networks from
// overfitting", JMLR 15 (2014).
#ifndef WEFT_MODELS_LAYERS_DROPOUT_H_
#define WEFT_MODELS_LAYERS_DROPOUT_H_

#include <optional>
#include <string>
#include <vector>

#include "models/layers/layer.h"

namespace weft {

struct DropoutOptions {
  double rate = 0;                             // required: in [0, 1]; at 1 everything is dropped
  std::optional<int64_t> seed = std::nullopt;  // none: the model's
  // The shape of the mask, the batch included: dims of 1 are repeated ({-1, 1, -1}: the same at all steps), -1 (Keras'
  // None) is the dim of x. None: that of x.
  std::optional<std::vector<int64_t>> noise_shape = std::nullopt;
  std::string name = "";
};

// Any shape, floats -> the same.
class DropoutLayer final : public Layer {
 public:
  explicit DropoutLayer(DropoutOptions options = {});
  absl::string_view class_name() const override { return "Dropout"; }
  void VisitConfig(ConfigVisitor& visitor) override;
  absl::Status Build(WeightBuilder& weights, absl::Span<const TensorType> inputs) override;
  std::vector<Value> Call(CallContext& context, absl::Span<const Value> inputs) const override;
  bool passes_mask() const override { return true; }

 private:
  DropoutOptions options_;
};

inline DropoutLayer Dropout(DropoutOptions options) { return DropoutLayer(std::move(options)); }
inline DropoutLayer Dropout(double rate) { return DropoutLayer({.rate = rate}); }

}  // namespace weft

#endif  // WEFT_MODELS_LAYERS_DROPOUT_H_
