// The list of metrics that Weft ships.
#ifndef WEFT_MODELS_METRICS_ALL_METRICS_H_
#define WEFT_MODELS_METRICS_ALL_METRICS_H_

#include "absl/status/status.h"
#include "models/registry.h"

namespace weft {

// Under Keras' names: class name, snake case, and "mse", "mae" in either case. "accuracy" and "acc", which pick by
// shapes, go through ResolveMetric (resolve.h).
absl::Status AddAllMetrics(ModelRegistry& registry);

}  // namespace weft

#endif  // WEFT_MODELS_METRICS_ALL_METRICS_H_
