// AlphaDropout: in training each element becomes selu's lower limit with probability `rate`, and all are scaled and
// moved so that mean 0 and variance 1 stay what they are; elsewhere y = x.
//
// The noise is a function of the model's key, the training step and the element's logical position: see
// models/layers/dropout.h.
//
// Klambauer, Unterthiner, Mayr, Hochreiter, "Self-normalizing neural networks", NeurIPS 2017.
#ifndef WEFT_MODELS_LAYERS_ALPHA_DROPOUT_H_
#define WEFT_MODELS_LAYERS_ALPHA_DROPOUT_H_

#include <optional>
#include <string>
#include <vector>

#include "models/layers/layer.h"

namespace weft {

struct AlphaDropoutOptions {
  double rate = 0;  // required: in [0, 1)
  // The shape of what is drawn, the batch included; dims of 1 are repeated, -1 (Keras' None) is the dim of x. None:
  // that of x.
  std::optional<std::vector<int64_t>> noise_shape = {};
  std::optional<int64_t> seed = {};  // none: the model's
  std::string name = "";
};

// Any shape, floats -> the same.
class AlphaDropoutLayer final : public Layer {
 public:
  explicit AlphaDropoutLayer(AlphaDropoutOptions options = {});
  absl::string_view class_name() const override { return "AlphaDropout"; }
  void VisitConfig(ConfigVisitor& visitor) override;
  absl::Status Build(WeightBuilder& weights, absl::Span<const TensorType> inputs) override;
  std::vector<Value> Call(CallContext& context, absl::Span<const Value> inputs) const override;
  bool passes_mask() const override { return true; }

 private:
  AlphaDropoutOptions options_;
};

inline AlphaDropoutLayer AlphaDropout(AlphaDropoutOptions options) { return AlphaDropoutLayer(std::move(options)); }
inline AlphaDropoutLayer AlphaDropout(double rate) { return AlphaDropoutLayer({.rate = rate}); }

}  // namespace weft

#endif  // WEFT_MODELS_LAYERS_ALPHA_DROPOUT_H_
