// Callbacks: hooks into Fit.
#ifndef WEFT_MODELS_CALLBACKS_CALLBACK_H_
#define WEFT_MODELS_CALLBACKS_CALLBACK_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/container/btree_map.h"
#include "absl/status/status.h"

namespace weft {

using Logs = absl::btree_map<std::string, double>;

// What a callback may do to the training it watches.
class TrainingControl {
 public:
  virtual ~TrainingControl() = default;
  virtual void StopTraining() = 0;
  virtual double learning_rate() const = 0;
  // FailedPrecondition where a schedule decides. Takes effect at the next step, without a recompile.
  virtual absl::Status SetLearningRate(double value) = 0;
};

class Callback {
 public:
  virtual ~Callback() = default;
  virtual absl::Status OnTrainBegin(TrainingControl&) { return absl::OkStatus(); }
  virtual absl::Status OnTrainEnd(TrainingControl&, const Logs&) { return absl::OkStatus(); }
  virtual absl::Status OnEpochBegin(TrainingControl&, int64_t /*epoch*/) { return absl::OkStatus(); }
  virtual absl::Status OnEpochEnd(TrainingControl&, int64_t /*epoch*/, const Logs&) { return absl::OkStatus(); }
  virtual absl::Status OnTrainBatchEnd(TrainingControl&, int64_t /*step*/) { return absl::OkStatus(); }
};
using CallbackRef = std::shared_ptr<Callback>;

}  // namespace weft

#endif  // WEFT_MODELS_CALLBACKS_CALLBACK_H_
