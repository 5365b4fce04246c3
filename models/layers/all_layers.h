// The explicit list of layers. To add one: its file in this folder, and a line in all_layers.cc.
#ifndef WEFT_MODELS_LAYERS_ALL_LAYERS_H_
#define WEFT_MODELS_LAYERS_ALL_LAYERS_H_

#include "absl/status/status.h"
#include "models/registry.h"

namespace weft {

absl::Status AddAllLayers(ModelRegistry& registry);

}  // namespace weft

#endif  // WEFT_MODELS_LAYERS_ALL_LAYERS_H_
