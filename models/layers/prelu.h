// PReLU: y = x where x > 0, else alpha * x, alpha being learned.
//
// He, Zhang, Ren, Sun, "Delving deep into rectifiers", ICCV 2015.
#ifndef WEFT_MODELS_LAYERS_PRELU_H_
#define WEFT_MODELS_LAYERS_PRELU_H_

#include <optional>
#include <string>
#include <vector>

#include "models/layers/layer.h"

namespace weft {

struct PReLUOptions {
  InitializerRef alpha_initializer = "zeros";
  std::optional<std::vector<int64_t>> shared_axes = {};  // along which there is one alpha for all; 1 is the first
                                                         // behind the batch
  std::string name = "";
};

// [batch, ...], floats -> the same. Weight: alpha, of the shape of a sample with 1 along shared_axes; the other dims
// must be known.
class PReLULayer final : public Layer {
 public:
  explicit PReLULayer(PReLUOptions options = {});
  absl::string_view class_name() const override { return "PReLU"; }
  void VisitConfig(ConfigVisitor& visitor) override;
  absl::Status Build(WeightBuilder& weights, absl::Span<const TensorType> inputs) override;
  std::vector<Value> Call(CallContext& context, absl::Span<const Value> inputs) const override;
  bool passes_mask() const override { return true; }

 private:
  PReLUOptions options_;
};

inline PReLULayer PReLU(PReLUOptions options = {}) { return PReLULayer(std::move(options)); }

}  // namespace weft

#endif  // WEFT_MODELS_LAYERS_PRELU_H_
