// ELU: y = x where x > 0, else alpha * (e^x - 1).
//
// Clevert, Unterthiner, Hochreiter, "Fast and accurate deep network learning by exponential linear units", ICLR 2016.
#ifndef WEFT_MODELS_LAYERS_ELU_H_
#define WEFT_MODELS_LAYERS_ELU_H_

#include <string>
#include <vector>

#include "models/layers/layer.h"

namespace weft {

struct ELUOptions {
  double alpha = 1;
  std::string name = "";
};

// Any shape, floats -> the same.
class ELULayer final : public Layer {
 public:
  explicit ELULayer(ELUOptions options = {});
  absl::string_view class_name() const override { return "ELU"; }
  void VisitConfig(ConfigVisitor& visitor) override;
  absl::Status Build(WeightBuilder& weights, absl::Span<const TensorType> inputs) override;
  std::vector<Value> Call(CallContext& context, absl::Span<const Value> inputs) const override;
  bool passes_mask() const override { return true; }

 private:
  ELUOptions options_;
};

inline ELULayer ELU(ELUOptions options = {}) { return ELULayer(std::move(options)); }
inline ELULayer ELU(double alpha) { return ELULayer({.alpha = alpha}); }

}  // namespace weft

#endif  // WEFT_MODELS_LAYERS_ELU_H_
