#include "models/optimizers/all_optimizers.h"

#include "core/status.h"
#include "models/optimizers/adam.h"
#include "models/optimizers/rmsprop.h"
#include "models/optimizers/schedules.h"
#include "models/optimizers/sgd.h"

namespace weft {

absl::Status AddAllOptimizers(ModelRegistry& registry) {
  WEFT_RETURN_IF_ERROR(registry.Add<SGD>("optimizer"));
  WEFT_RETURN_IF_ERROR(registry.Add<RMSprop>("optimizer"));
  WEFT_RETURN_IF_ERROR(registry.Add<Adam>("optimizer"));
  WEFT_RETURN_IF_ERROR(registry.Add<AdamW>("optimizer"));

  WEFT_RETURN_IF_ERROR(registry.Add<ExponentialDecay>("schedule"));
  WEFT_RETURN_IF_ERROR(registry.Add<PiecewiseConstantDecay>("schedule"));
  WEFT_RETURN_IF_ERROR(registry.Add<CosineDecay>("schedule"));
  WEFT_RETURN_IF_ERROR(registry.Add<CosineDecayRestarts>("schedule"));
  WEFT_RETURN_IF_ERROR(registry.Add<InverseTimeDecay>("schedule"));
  WEFT_RETURN_IF_ERROR(registry.Add<PolynomialDecay>("schedule"));
  return absl::OkStatus();
}

}  // namespace weft
