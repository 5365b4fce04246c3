#include "models/layers/identity.h"

namespace weft {

IdentityLayer::IdentityLayer(IdentityLayerOptions options) { name_ = options.name; }

void IdentityLayer::VisitConfig(ConfigVisitor& visitor) { VisitLayer(visitor); }

std::vector<Value> IdentityLayer::Call(CallContext& context, absl::Span<const Value> inputs) const {
  static_cast<void>(context);
  return {inputs.begin(), inputs.end()};
}

}  // namespace weft
