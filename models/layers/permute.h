// Permute: the axes of a sample in another order.
#ifndef WEFT_MODELS_LAYERS_PERMUTE_H_
#define WEFT_MODELS_LAYERS_PERMUTE_H_

#include <string>
#include <vector>

#include "models/layers/layer.h"

namespace weft {

struct PermuteOptions {
  std::vector<int64_t> dims = {};  // required: axis i of y is axis dims[i - 1] of x; 1 is the first behind the batch
  std::string name = "";
};

// [batch, ...] -> the same dims in another order. Any dtype.
class PermuteLayer final : public Layer {
 public:
  explicit PermuteLayer(PermuteOptions options = {});
  absl::string_view class_name() const override { return "Permute"; }
  void VisitConfig(ConfigVisitor& visitor) override;
  absl::Status Build(WeightBuilder& weights, absl::Span<const TensorType> inputs) override;
  std::vector<Value> Call(CallContext& context, absl::Span<const Value> inputs) const override;

 private:
  PermuteOptions options_;
};

inline PermuteLayer Permute(PermuteOptions options) { return PermuteLayer(std::move(options)); }

}  // namespace weft

#endif  // WEFT_MODELS_LAYERS_PERMUTE_H_
