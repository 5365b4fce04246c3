// The lists of optimizers and learning rate schedules that Weft ships.
#ifndef WEFT_MODELS_OPTIMIZERS_ALL_OPTIMIZERS_H_
#define WEFT_MODELS_OPTIMIZERS_ALL_OPTIMIZERS_H_

#include "absl/status/status.h"
#include "models/registry.h"

namespace weft {

absl::Status AddAllOptimizers(ModelRegistry& registry);  // kinds "optimizer" and "schedule"

}  // namespace weft

#endif  // WEFT_MODELS_OPTIMIZERS_ALL_OPTIMIZERS_H_
