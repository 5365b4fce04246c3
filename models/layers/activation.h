// Activation("relu"): a function by Keras' name, as a layer.
#ifndef WEFT_MODELS_LAYERS_ACTIVATION_H_
#define WEFT_MODELS_LAYERS_ACTIVATION_H_

#include <string>
#include <vector>

#include "models/layers/layer.h"

namespace weft {

struct ActivationOptions {
  ActivationRef activation = "linear";
  std::string name = "";
};

// Same shape, whatever the activation does to it.
class ActivationLayer final : public Layer {
 public:
  explicit ActivationLayer(ActivationOptions options = {});
  absl::string_view class_name() const override { return "Activation"; }
  void VisitConfig(ConfigVisitor& visitor) override;
  absl::Status Build(WeightBuilder& weights, absl::Span<const TensorType> inputs) override;
  std::vector<Value> Call(CallContext& context, absl::Span<const Value> inputs) const override;
  bool passes_mask() const override { return true; }

 private:
  ActivationOptions options_;
};

inline ActivationLayer Activation(ActivationOptions options) { return ActivationLayer(std::move(options)); }
inline ActivationLayer Activation(const char* activation) { return ActivationLayer({.activation = activation}); }

}  // namespace weft

#endif  // WEFT_MODELS_LAYERS_ACTIVATION_H_
