#include "models/metrics/resolve.h"

#include "absl/strings/ascii.h"
#include "core/status.h"

namespace weft {
namespace {

Dim LastDim(const TensorType& type) { return type.rank() == 0 ? Dim(1) : type.shape[type.rank() - 1]; }

}  // namespace

std::string ResolveAccuracy(const TensorType& y_true, const TensorType& y_pred) {
  if (LastDim(y_pred) == Dim(1)) return "BinaryAccuracy";
  if (y_true.rank() < y_pred.rank() || LastDim(y_true) == Dim(1)) return "SparseCategoricalAccuracy";
  return "CategoricalAccuracy";
}

absl::StatusOr<NamedMetric> ResolveMetric(const ModelRegistry& registry, const MetricRef& ref, const TensorType& y_true,
                                          const TensorType& y_pred) {
  if (ref.is_none()) return InvalidArgument("no metric is given");
  NamedMetric result;
  if (ref.object() != nullptr) {
    result.metric = ref.get();
    result.name = result.metric->default_name();
    return result;
  }
  result.name = ref.name();
  MetricRef chosen = ref;
  const std::string lower = absl::AsciiStrToLower(ref.name());
  if (lower == "accuracy" || lower == "acc") chosen = MetricRef(ResolveAccuracy(y_true, y_pred));
  WEFT_ASSIGN_OR_RETURN(result.metric, registry.Resolve("metric", chosen));
  return result;
}

}  // namespace weft
