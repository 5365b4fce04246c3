// What a model asks of its layers' options, whatever the layer: answers come from VisitConfig, the one list of them.
#ifndef WEFT_MODELS_LAYER_OPTIONS_H_
#define WEFT_MODELS_LAYER_OPTIONS_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "graph/ir/registry.h"
#include "models/config.h"
#include "models/layers/layer.h"

namespace weft {

// The activation that a reference means, with all arguments that it takes.
struct ResolvedActivation {
  const Composition* composition = nullptr;  // null: linear, nothing to record
  AttrMap args;
};
// InvalidArgument for a name that is none, and for an argument that it does not take; both offer the nearest name.
absl::StatusOr<ResolvedActivation> ResolveActivation(const OpRegistry& registry, const ActivationRef& activation);

// InvalidArgument for the first option of the layer, or of a layer within it, that is no activation; begins with the
// option: "recurrent_activation: unknown activation 'sigmod'; did you mean 'sigmoid'?"
absl::Status CheckActivations(Layer& layer, const OpRegistry& registry);

// Which of the options makes the layer give several outputs, and what to do: "return_state = true adds ...". "" where
// none is known to.
std::string WhySeveralOutputs(Layer& layer);

}  // namespace weft

#endif  // WEFT_MODELS_LAYER_OPTIONS_H_
