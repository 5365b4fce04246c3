// The builder's configuration of a model as JSON: what a saved module carries as metadata under "weft.model", so that
// Sequential::Load can go on where Save stopped. Programs that run modules need none of it.
#ifndef WEFT_MODELS_MODEL_JSON_H_
#define WEFT_MODELS_MODEL_JSON_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "models/recording.h"

namespace weft {

inline constexpr char kModelMetadata[] = "weft.model";

struct ModelConfig {
  std::string name;
  uint64_t seed = 0;
  TensorType input;  // [batch, ...]
  std::vector<NamedLayer> layers;
  bool sample_weights = false;
  std::optional<TrainingSpec> training;
};

// One line; the same model always gives the same bytes.
std::string ToJson(const ModelConfig& model);
// Any text is safe; InvalidArgument says what is wrong.
absl::StatusOr<ModelConfig> ModelConfigFromJson(absl::string_view json, const ModelRegistry& registry);

}  // namespace weft

#endif  // WEFT_MODELS_MODEL_JSON_H_
