#include "models/metrics/all_metrics.h"

#include "core/status.h"
#include "models/metrics/metrics.h"

namespace weft {

absl::Status AddAllMetrics(ModelRegistry& registry) {
  constexpr char kKind[] = "metric";
  WEFT_RETURN_IF_ERROR(registry.Add<metrics::Mean>(kKind));
  WEFT_RETURN_IF_ERROR(registry.Add<metrics::Accuracy>(kKind));
  WEFT_RETURN_IF_ERROR(registry.Add<metrics::BinaryAccuracy>(kKind));
  WEFT_RETURN_IF_ERROR(registry.Add<metrics::CategoricalAccuracy>(kKind));
  WEFT_RETURN_IF_ERROR(registry.Add<metrics::SparseCategoricalAccuracy>(kKind));
  WEFT_RETURN_IF_ERROR(registry.Add<metrics::MeanSquaredError>(kKind, {"mse", "MSE"}));
  WEFT_RETURN_IF_ERROR(registry.Add<metrics::MeanAbsoluteError>(kKind, {"mae", "MAE"}));
  return absl::OkStatus();
}

}  // namespace weft
