// The layers of a model: looked up, checked, and numbered as Keras does ("dense", "dense_1"), per model.
#ifndef WEFT_MODELS_LAYER_NAMES_H_
#define WEFT_MODELS_LAYER_NAMES_H_

#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "models/layers/input.h"
#include "models/recording.h"

namespace weft {

struct LayerList {
  std::shared_ptr<InputLayer> input;  // null where the first layer is no Input
  std::vector<NamedLayer> layers;     // without it
};

// InvalidArgument: an unknown layer, a name given twice or one that the model needs itself, one object in two places,
// an Input that is not the first.
absl::StatusOr<LayerList> NameLayers(const std::vector<LayerRef>& layers, const ModelRegistry& registry);

}  // namespace weft

#endif  // WEFT_MODELS_LAYER_NAMES_H_
