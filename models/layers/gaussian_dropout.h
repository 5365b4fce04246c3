// GaussianDropout: in training y = x * n, n normal with mean 1 and standard deviation sqrt(rate / (1 - rate)), as that
// of Dropout's factors; elsewhere y = x.
//
// The noise is a function of the model's key, the training step and the element's logical position: see
// models/layers/dropout.h.
//
// Srivastava, Hinton, Krizhevsky, Sutskever, Salakhutdinov, "Dropout: a simple way to prevent neural networks from
// overfitting", JMLR 15 (2014).
#ifndef WEFT_MODELS_LAYERS_GAUSSIAN_DROPOUT_H_
#define WEFT_MODELS_LAYERS_GAUSSIAN_DROPOUT_H_

#include <optional>
#include <string>
#include <vector>

#include "models/layers/layer.h"

namespace weft {

struct GaussianDropoutOptions {
  double rate = 0;                   // required: in [0, 1)
  std::optional<int64_t> seed = {};  // none: the model's
  std::string name = "";
};

// Any shape, floats -> the same.
class GaussianDropoutLayer final : public Layer {
 public:
  explicit GaussianDropoutLayer(GaussianDropoutOptions options = {});
  absl::string_view class_name() const override { return "GaussianDropout"; }
  void VisitConfig(ConfigVisitor& visitor) override;
  absl::Status Build(WeightBuilder& weights, absl::Span<const TensorType> inputs) override;
  std::vector<Value> Call(CallContext& context, absl::Span<const Value> inputs) const override;
  bool passes_mask() const override { return true; }

 private:
  GaussianDropoutOptions options_;
};

inline GaussianDropoutLayer GaussianDropout(GaussianDropoutOptions options) {
  return GaussianDropoutLayer(std::move(options));
}
inline GaussianDropoutLayer GaussianDropout(double rate) { return GaussianDropoutLayer({.rate = rate}); }

}  // namespace weft

#endif  // WEFT_MODELS_LAYERS_GAUSSIAN_DROPOUT_H_
