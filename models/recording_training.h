// train_step, evaluate and reset_metrics. Private to recording.
#ifndef WEFT_MODELS_RECORDING_TRAINING_H_
#define WEFT_MODELS_RECORDING_TRAINING_H_

#include <vector>

#include "absl/status/statusor.h"
#include "models/recording.h"
#include "models/recording_context.h"

namespace weft::recording_internal {

// A value between two layers, and its mask (absent: none).
struct MaskedValue {
  Value value, mask;
};

// The output of the last layer.
absl::StatusOr<MaskedValue> CallLayers(GraphBuilder& builder, VariableSet& variables, const ModelSpec& spec,
                                       bool training, Value input, std::vector<Value>& losses);

// REQUIRES: spec.training; predict is recorded. Declares the variables of optimizer and metrics.
absl::Status RecordTraining(const ModelSpec& spec, VariableSet& variables, RecordedModel& model);

}  // namespace weft::recording_internal

#endif  // WEFT_MODELS_RECORDING_TRAINING_H_
