// Reshape: the same elements in the same order under other axes.
#ifndef WEFT_MODELS_LAYERS_RESHAPE_H_
#define WEFT_MODELS_LAYERS_RESHAPE_H_

#include <string>
#include <vector>

#include "models/layers/layer.h"

namespace weft {

struct ReshapeOptions {
  std::vector<int64_t> target_shape = {};  // without the batch; one dim may be -1: what is left
  std::string name = "";
};

// [batch, ...] -> [batch, target_shape...]. Any dtype.
class ReshapeLayer final : public Layer {
 public:
  explicit ReshapeLayer(ReshapeOptions options = {});
  absl::string_view class_name() const override { return "Reshape"; }
  void VisitConfig(ConfigVisitor& visitor) override;
  absl::Status Build(WeightBuilder& weights, absl::Span<const TensorType> inputs) override;
  std::vector<Value> Call(CallContext& context, absl::Span<const Value> inputs) const override;

 private:
  absl::StatusOr<Shape> Target(const TensorType& input) const;
  ReshapeOptions options_;
};

inline ReshapeLayer Reshape(ReshapeOptions options) { return ReshapeLayer(std::move(options)); }

}  // namespace weft

#endif  // WEFT_MODELS_LAYERS_RESHAPE_H_
