// Metrics given by name, and the names under which they are reported.
#ifndef WEFT_MODELS_METRICS_RESOLVE_H_
#define WEFT_MODELS_METRICS_RESOLVE_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "core/tensor_type.h"
#include "models/metrics/metric.h"
#include "models/registry.h"

namespace weft {

// Which accuracy "accuracy" means, as in Keras: "BinaryAccuracy" for one unit, "SparseCategoricalAccuracy" for class
// indices ([n], or [n,1] against several units), else "CategoricalAccuracy".
std::string ResolveAccuracy(const TensorType& y_true, const TensorType& y_pred);

struct NamedMetric {
  std::string name;  // as it was given ("acc", "mse"), or default_name() of an object
  std::shared_ptr<Metric> metric;
};
// The metric that `ref` means for an output and targets of these types. "accuracy" and "acc" pick by shapes; any other
// name is looked up, NotFound names the nearest.
absl::StatusOr<NamedMetric> ResolveMetric(const ModelRegistry& registry, const MetricRef& ref, const TensorType& y_true,
                                          const TensorType& y_pred);

}  // namespace weft

#endif  // WEFT_MODELS_METRICS_RESOLVE_H_
