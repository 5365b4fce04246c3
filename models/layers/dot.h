// Dot: products of two inputs, sample by sample, summed over one axis of each.
#ifndef WEFT_MODELS_LAYERS_DOT_H_
#define WEFT_MODELS_LAYERS_DOT_H_

#include <string>
#include <vector>

#include "models/layers/layer.h"

namespace weft {

struct DotOptions {
  std::vector<int64_t> axes = {};  // required: that of the first input and that of the second, or one for both
  bool normalize = false;          // along the axes first, to length 1: cosines
  std::string name = "";
};

// [batch, a..., d, b...] and [batch, e..., d, f...] -> [batch, a..., b..., e..., f...]; [batch, 1] where nothing else
// is left. Floats.
class DotLayer final : public Layer {
 public:
  explicit DotLayer(DotOptions options = {});
  absl::string_view class_name() const override { return "Dot"; }
  void VisitConfig(ConfigVisitor& visitor) override;
  absl::Status Build(WeightBuilder& weights, absl::Span<const TensorType> inputs) override;
  std::vector<Value> Call(CallContext& context, absl::Span<const Value> inputs) const override;

 private:
  DotOptions options_;  // two axes
};

inline DotLayer Dot(DotOptions options) { return DotLayer(std::move(options)); }

}  // namespace weft

#endif  // WEFT_MODELS_LAYERS_DOT_H_
