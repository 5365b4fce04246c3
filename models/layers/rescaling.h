// Rescaling: y = x * scale + offset, in float32 whatever the dtype of x. Puts "/ 255" into the model, so that images
// stay uint8 in memory and whoever serves the model need not know.
#ifndef WEFT_MODELS_LAYERS_RESCALING_H_
#define WEFT_MODELS_LAYERS_RESCALING_H_

#include <string>
#include <vector>

#include "models/layers/layer.h"

namespace weft {

struct RescalingOptions {
  double scale = 1;   // required by Keras, e.g. 1 / 255.
  double offset = 0;  // 0: nothing is added
  std::string name = "";
};

// Any shape, any dtype -> the same shape, float32.
class RescalingLayer final : public Layer {
 public:
  explicit RescalingLayer(RescalingOptions options = {});
  absl::string_view class_name() const override { return "Rescaling"; }
  void VisitConfig(ConfigVisitor& visitor) override;
  absl::Status Build(WeightBuilder& weights, absl::Span<const TensorType> inputs) override;
  std::vector<Value> Call(CallContext& context, absl::Span<const Value> inputs) const override;
  bool passes_mask() const override { return true; }

 private:
  RescalingOptions options_;
};

inline RescalingLayer Rescaling(RescalingOptions options) { return RescalingLayer(std::move(options)); }

}  // namespace weft

#endif  // WEFT_MODELS_LAYERS_RESCALING_H_
