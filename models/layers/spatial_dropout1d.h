// SpatialDropout1D: Dropout of whole channels: in training each channel of a sample is zero at all steps with
// probability `rate`, the others are divided by 1 - rate; elsewhere y = x.
//
// The mask is drawn as that of Dropout is: see models/layers/dropout.h.
//
// Tompson, Goroshin, Jain, LeCun, Bregler, "Efficient object localization using convolutional networks", CVPR 2015.
#ifndef WEFT_MODELS_LAYERS_SPATIAL_DROPOUT1D_H_
#define WEFT_MODELS_LAYERS_SPATIAL_DROPOUT1D_H_

#include <optional>
#include <string>
#include <vector>

#include "models/layers/layer.h"

namespace weft {

struct SpatialDropout1DOptions {
  double rate = 0;                   // required: in [0, 1]
  std::optional<int64_t> seed = {};  // none: the model's
  std::string name = "";
};

// [batch, time, channels], floats -> the same.
class SpatialDropout1DLayer final : public Layer {
 public:
  explicit SpatialDropout1DLayer(SpatialDropout1DOptions options = {});
  absl::string_view class_name() const override { return "SpatialDropout1D"; }
  void VisitConfig(ConfigVisitor& visitor) override;
  absl::Status Build(WeightBuilder& weights, absl::Span<const TensorType> inputs) override;
  std::vector<Value> Call(CallContext& context, absl::Span<const Value> inputs) const override;
  bool passes_mask() const override { return true; }

 private:
  SpatialDropout1DOptions options_;
};

inline SpatialDropout1DLayer SpatialDropout1D(SpatialDropout1DOptions options) {
  return SpatialDropout1DLayer(std::move(options));
}
inline SpatialDropout1DLayer SpatialDropout1D(double rate) { return SpatialDropout1DLayer({.rate = rate}); }

}  // namespace weft

#endif  // WEFT_MODELS_LAYERS_SPATIAL_DROPOUT1D_H_
