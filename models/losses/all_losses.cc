#include "models/losses/all_losses.h"

#include "core/status.h"
#include "models/losses/losses.h"

namespace weft {

absl::Status AddAllLosses(ModelRegistry& registry) {
  constexpr char kKind[] = "loss";
  WEFT_RETURN_IF_ERROR(registry.Add<losses::BinaryCrossentropy>(kKind, {"bce", "BCE"}));
  WEFT_RETURN_IF_ERROR(registry.Add<losses::CategoricalCrossentropy>(kKind));
  WEFT_RETURN_IF_ERROR(registry.Add<losses::MeanAbsoluteError>(kKind, {"mae", "MAE"}));
  WEFT_RETURN_IF_ERROR(registry.Add<losses::MeanSquaredError>(kKind, {"mse", "MSE"}));
  WEFT_RETURN_IF_ERROR(registry.Add<losses::SparseCategoricalCrossentropy>(kKind));
  return absl::OkStatus();
}

}  // namespace weft
