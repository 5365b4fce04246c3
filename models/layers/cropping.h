// Cropping1D, Cropping2D: a sequence or an image without its ends.
#ifndef WEFT_MODELS_LAYERS_CROPPING_H_
#define WEFT_MODELS_LAYERS_CROPPING_H_

#include <string>
#include <vector>

#include "models/layers/layer.h"
#include "models/layers/spatial.h"

namespace weft {

struct Cropping1DOptions {
  Sizes cropping = 1;  // before and behind, or {before, behind}
  std::string name = "";
};

// [batch, steps, channels] -> [batch, steps - before - behind, channels]; at least one step must be left. Any dtype.
class Cropping1DLayer final : public Layer {
 public:
  explicit Cropping1DLayer(Cropping1DOptions options = {});
  absl::string_view class_name() const override { return "Cropping1D"; }
  void VisitConfig(ConfigVisitor& visitor) override;
  absl::Status Build(WeightBuilder& weights, absl::Span<const TensorType> inputs) override;
  std::vector<Value> Call(CallContext& context, absl::Span<const Value> inputs) const override;

 private:
  Cropping1DOptions options_;
};

struct Cropping2DOptions {
  ImageEnds cropping = 0;  // on all sides, {height, width}, or {{top, bottom}, {left, right}}
  std::string name = "";
};

// [batch, height, width, channels] -> [batch, height - top - bottom, width - left - right, channels]; at least one
// position must be left. Any dtype.
class Cropping2DLayer final : public Layer {
 public:
  explicit Cropping2DLayer(Cropping2DOptions options = {});
  absl::string_view class_name() const override { return "Cropping2D"; }
  void VisitConfig(ConfigVisitor& visitor) override;
  absl::Status Build(WeightBuilder& weights, absl::Span<const TensorType> inputs) override;
  std::vector<Value> Call(CallContext& context, absl::Span<const Value> inputs) const override;

 private:
  Cropping2DOptions options_;
};

inline Cropping1DLayer Cropping1D(Cropping1DOptions options = {}) { return Cropping1DLayer(std::move(options)); }
inline Cropping2DLayer Cropping2D(Cropping2DOptions options = {}) { return Cropping2DLayer(std::move(options)); }

}  // namespace weft

#endif  // WEFT_MODELS_LAYERS_CROPPING_H_
