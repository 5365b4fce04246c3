#include "models/layers/all_layers.h"

#include "core/status.h"
#include "models/layers/layers.h"

namespace weft {

absl::Status AddAllLayers(ModelRegistry& registry) {
  WEFT_RETURN_IF_ERROR(registry.Add<ActivationLayer>("layer"));
  WEFT_RETURN_IF_ERROR(registry.Add<DenseLayer>("layer"));
  WEFT_RETURN_IF_ERROR(registry.Add<DropoutLayer>("layer"));
  WEFT_RETURN_IF_ERROR(registry.Add<FlattenLayer>("layer"));
  WEFT_RETURN_IF_ERROR(registry.Add<InputLayer>("layer", {"input"}));
  WEFT_RETURN_IF_ERROR(registry.Add<RescalingLayer>("layer"));
  WEFT_RETURN_IF_ERROR(registry.Add<ReshapeLayer>("layer"));
  return absl::OkStatus();
}

}  // namespace weft
