// ZeroPadding1D, ZeroPadding2D: zeros around a sequence or an image.
#ifndef WEFT_MODELS_LAYERS_ZERO_PADDING_H_
#define WEFT_MODELS_LAYERS_ZERO_PADDING_H_

#include <string>
#include <vector>

#include "models/layers/layer.h"
#include "models/layers/spatial.h"

namespace weft {

struct ZeroPadding1DOptions {
  Sizes padding = 1;  // before and behind, or {before, behind}
  std::string name = "";
};

// [batch, steps, channels] -> [batch, before + steps + behind, channels]. Any dtype.
class ZeroPadding1DLayer final : public Layer {
 public:
  explicit ZeroPadding1DLayer(ZeroPadding1DOptions options = {});
  absl::string_view class_name() const override { return "ZeroPadding1D"; }
  void VisitConfig(ConfigVisitor& visitor) override;
  absl::Status Build(WeightBuilder& weights, absl::Span<const TensorType> inputs) override;
  std::vector<Value> Call(CallContext& context, absl::Span<const Value> inputs) const override;

 private:
  ZeroPadding1DOptions options_;
};

struct ZeroPadding2DOptions {
  ImageEnds padding = 1;  // on all sides, {height, width}, or {{top, bottom}, {left, right}}
  std::string name = "";
};

// [batch, height, width, channels] -> [batch, top + height + bottom, left + width + right, channels]. Any dtype.
class ZeroPadding2DLayer final : public Layer {
 public:
  explicit ZeroPadding2DLayer(ZeroPadding2DOptions options = {});
  absl::string_view class_name() const override { return "ZeroPadding2D"; }
  void VisitConfig(ConfigVisitor& visitor) override;
  absl::Status Build(WeightBuilder& weights, absl::Span<const TensorType> inputs) override;
  std::vector<Value> Call(CallContext& context, absl::Span<const Value> inputs) const override;

 private:
  ZeroPadding2DOptions options_;
};

inline ZeroPadding1DLayer ZeroPadding1D(ZeroPadding1DOptions options = {}) {
  return ZeroPadding1DLayer(std::move(options));
}
inline ZeroPadding2DLayer ZeroPadding2D(ZeroPadding2DOptions options = {}) {
  return ZeroPadding2DLayer(std::move(options));
}

}  // namespace weft

#endif  // WEFT_MODELS_LAYERS_ZERO_PADDING_H_
