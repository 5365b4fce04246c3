#include "models/initializers/all_initializers.h"
#include "models/layers/all_layers.h"
#include "models/losses/all_losses.h"
#include "models/metrics/all_metrics.h"
#include "models/optimizers/all_optimizers.h"
#include "models/registry.h"

namespace weft {
namespace {

// An error here is a name that two classes claim; models/registry_test.cc finds it. The registry then lacks what came
// after it.
absl::Status AddAll(ModelRegistry& registry) {
  for (auto add : {AddAllLayers, AddAllInitializers, AddAllOptimizers, AddAllLosses, AddAllMetrics}) {
    absl::Status status = add(registry);
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

}  // namespace

const ModelRegistry& DefaultModelRegistry() {
  static const ModelRegistry& registry = *[] {
    auto* made = new ModelRegistry;  // never destroyed: whoever runs at exit may still use it
    AddAll(*made).IgnoreError();
    return made;
  }();
  return registry;
}

}  // namespace weft
