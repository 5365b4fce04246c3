// The list of losses that Weft ships.
#ifndef WEFT_MODELS_LOSSES_ALL_LOSSES_H_
#define WEFT_MODELS_LOSSES_ALL_LOSSES_H_

#include "absl/status/status.h"
#include "models/registry.h"

namespace weft {

// Under Keras' names: class name, snake case, and "mse", "mae", "bce" in either case.
absl::Status AddAllLosses(ModelRegistry& registry);

}  // namespace weft

#endif  // WEFT_MODELS_LOSSES_ALL_LOSSES_H_
