// SpatialDropout2D: Dropout of whole channels: in training each channel of a sample is zero at all positions with
// probability `rate`, the others are divided by 1 - rate; elsewhere y = x.
//
// The mask is drawn as that of Dropout is: see models/layers/dropout.h.
//
// Tompson, Goroshin, Jain, LeCun, Bregler, "Efficient object localization using convolutional networks", CVPR 2015.
#ifndef WEFT_MODELS_LAYERS_SPATIAL_DROPOUT2D_H_
#define WEFT_MODELS_LAYERS_SPATIAL_DROPOUT2D_H_

#include <optional>
#include <string>
#include <vector>

#include "models/layers/layer.h"

namespace weft {

struct SpatialDropout2DOptions {
  double rate = 0;                            // required: in [0, 1]
  std::string data_format = "channels_last";  // or "channels_first"
  std::optional<int64_t> seed = {};           // none: the model's
  std::string name = "";
};

// [batch, height, width, channels] (or [batch, channels, height, width]), floats -> the same.
class SpatialDropout2DLayer final : public Layer {
 public:
  explicit SpatialDropout2DLayer(SpatialDropout2DOptions options = {});
  absl::string_view class_name() const override { return "SpatialDropout2D"; }
  void VisitConfig(ConfigVisitor& visitor) override;
  absl::Status Build(WeightBuilder& weights, absl::Span<const TensorType> inputs) override;
  std::vector<Value> Call(CallContext& context, absl::Span<const Value> inputs) const override;
  bool passes_mask() const override { return true; }

 private:
  SpatialDropout2DOptions options_;
};

inline SpatialDropout2DLayer SpatialDropout2D(SpatialDropout2DOptions options) {
  return SpatialDropout2DLayer(std::move(options));
}
inline SpatialDropout2DLayer SpatialDropout2D(double rate) { return SpatialDropout2DLayer({.rate = rate}); }

}  // namespace weft

#endif  // WEFT_MODELS_LAYERS_SPATIAL_DROPOUT2D_H_
