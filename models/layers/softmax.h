// Softmax: y = exp(x) / sum(exp(x)) over `axis`.
//
// Where the input has a mask, which must broadcast to it, elements that do not count get 0 and the others are
// normalized among themselves.
#ifndef WEFT_MODELS_LAYERS_SOFTMAX_H_
#define WEFT_MODELS_LAYERS_SOFTMAX_H_

#include <string>
#include <vector>

#include "models/layers/layer.h"

namespace weft {

struct SoftmaxOptions {
  std::vector<int64_t> axis = {-1};  // those over which the sum is 1
  std::string name = "";
};

// Any shape, floats -> the same.
class SoftmaxLayer final : public Layer {
 public:
  explicit SoftmaxLayer(SoftmaxOptions options = {});
  absl::string_view class_name() const override { return "Softmax"; }
  void VisitConfig(ConfigVisitor& visitor) override;
  absl::Status Build(WeightBuilder& weights, absl::Span<const TensorType> inputs) override;
  std::vector<Value> Call(CallContext& context, absl::Span<const Value> inputs) const override;
  bool passes_mask() const override { return true; }

 private:
  SoftmaxOptions options_;
};

inline SoftmaxLayer Softmax(SoftmaxOptions options = {}) { return SoftmaxLayer(std::move(options)); }

}  // namespace weft

#endif  // WEFT_MODELS_LAYERS_SOFTMAX_H_
