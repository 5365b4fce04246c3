// Identity: y = x.
#ifndef WEFT_MODELS_LAYERS_IDENTITY_H_
#define WEFT_MODELS_LAYERS_IDENTITY_H_

#include <string>
#include <vector>

#include "models/layers/layer.h"

namespace weft {

struct IdentityLayerOptions {
  std::string name = "";
};

// Any shape, any dtype -> the same.
class IdentityLayer final : public Layer {
 public:
  explicit IdentityLayer(IdentityLayerOptions options = {});
  absl::string_view class_name() const override { return "Identity"; }
  void VisitConfig(ConfigVisitor& visitor) override;
  std::vector<Value> Call(CallContext& context, absl::Span<const Value> inputs) const override;
  bool passes_mask() const override { return true; }
};

// In a namespace, since weft::Identity is the initializer.
namespace layers {
inline IdentityLayer Identity(IdentityLayerOptions options = {}) { return IdentityLayer(std::move(options)); }
}  // namespace layers

}  // namespace weft

#endif  // WEFT_MODELS_LAYERS_IDENTITY_H_
