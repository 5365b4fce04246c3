// Flatten: all axes but the batch merged into one.
#ifndef WEFT_MODELS_LAYERS_FLATTEN_H_
#define WEFT_MODELS_LAYERS_FLATTEN_H_

#include <string>
#include <vector>

#include "models/layers/layer.h"

namespace weft {

struct FlattenOptions {
  std::string name = "";
};

// [batch, a, b, ...] -> [batch, a * b * ...]; [batch] -> [batch, 1]. Any dtype.
class FlattenLayer final : public Layer {
 public:
  explicit FlattenLayer(FlattenOptions options = {}) { name_ = std::move(options.name); }
  absl::string_view class_name() const override { return "Flatten"; }
  void VisitConfig(ConfigVisitor& visitor) override;
  absl::Status Build(WeightBuilder& weights, absl::Span<const TensorType> inputs) override;
  std::vector<Value> Call(CallContext& context, absl::Span<const Value> inputs) const override;
};

inline FlattenLayer Flatten() { return FlattenLayer(); }
inline FlattenLayer Flatten(FlattenOptions options) { return FlattenLayer(std::move(options)); }

}  // namespace weft

#endif  // WEFT_MODELS_LAYERS_FLATTEN_H_
