// The identity matrix.
#ifndef WEFT_MODELS_INITIALIZERS_IDENTITY_H_
#define WEFT_MODELS_INITIALIZERS_IDENTITY_H_

#include "models/initializers/initializer.h"

namespace weft {
namespace initializers {

struct IdentityOptions {
  double gain = 1;
};

// gain on the diagonal, 0 elsewhere. Matrices only, square or not.
class Identity final : public Initializer {
 public:
  explicit Identity(IdentityOptions options = {}) : options_(options) {}
  absl::string_view class_name() const override { return "Identity"; }
  void VisitConfig(ConfigVisitor& visitor) override;
  Value Record(GraphBuilder& builder, Value key, Value step, const TensorType& type) const override;

 private:
  IdentityOptions options_;
};

}  // namespace initializers

using initializers::Identity;

}  // namespace weft

#endif  // WEFT_MODELS_INITIALIZERS_IDENTITY_H_
