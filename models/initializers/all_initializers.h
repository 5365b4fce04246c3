// The list of initializers that Weft ships.
#ifndef WEFT_MODELS_INITIALIZERS_ALL_INITIALIZERS_H_
#define WEFT_MODELS_INITIALIZERS_ALL_INITIALIZERS_H_

#include "absl/status/status.h"
#include "models/registry.h"

namespace weft {

// Under Keras' names: class name, snake case, and "zero", "one", "uniform", "normal".
absl::Status AddAllInitializers(ModelRegistry& registry);

}  // namespace weft

#endif  // WEFT_MODELS_INITIALIZERS_ALL_INITIALIZERS_H_
