#include "models/initializers/all_initializers.h"

#include "core/status.h"
#include "models/initializers/initializers.h"

namespace weft {

absl::Status AddAllInitializers(ModelRegistry& registry) {
  constexpr char kKind[] = "initializer";
  WEFT_RETURN_IF_ERROR(registry.Add<initializers::Zeros>(kKind, {"zero"}));
  WEFT_RETURN_IF_ERROR(registry.Add<initializers::Ones>(kKind, {"one"}));
  WEFT_RETURN_IF_ERROR(registry.Add<initializers::Constant>(kKind));
  WEFT_RETURN_IF_ERROR(registry.Add<initializers::Identity>(kKind, {"IdentityInitializer"}));
  WEFT_RETURN_IF_ERROR(registry.Add<initializers::RandomNormal>(kKind, {"normal"}));
  WEFT_RETURN_IF_ERROR(registry.Add<initializers::RandomUniform>(kKind, {"uniform"}));
  WEFT_RETURN_IF_ERROR(registry.Add<initializers::TruncatedNormal>(kKind));
  WEFT_RETURN_IF_ERROR(registry.Add<initializers::VarianceScaling>(kKind));
  WEFT_RETURN_IF_ERROR(registry.Add<initializers::GlorotUniform>(kKind));
  WEFT_RETURN_IF_ERROR(registry.Add<initializers::GlorotNormal>(kKind));
  WEFT_RETURN_IF_ERROR(registry.Add<initializers::HeUniform>(kKind));
  WEFT_RETURN_IF_ERROR(registry.Add<initializers::HeNormal>(kKind));
  WEFT_RETURN_IF_ERROR(registry.Add<initializers::LecunUniform>(kKind));
  WEFT_RETURN_IF_ERROR(registry.Add<initializers::LecunNormal>(kKind));
  WEFT_RETURN_IF_ERROR(registry.Add<initializers::Orthogonal>(kKind, {"OrthogonalInitializer"}));
  return absl::OkStatus();
}

}  // namespace weft
