// Trains a module as an embedder would: optimize, compile, initialize, run train_step; without the builder.
#ifndef WEFT_TESTS_TRAIN_BY_HAND_H_
#define WEFT_TESTS_TRAIN_BY_HAND_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "core/tensor.h"
#include "graph/exec/state.h"
#include "graph/exec/target.h"
#include "graph/ir/module.h"
#include "graph/passes/pipeline.h"

namespace weft {

struct TrainByHandOptions {
  Target target;
  int pool_threads = 1;  // 0: no pool
  int64_t seed = 1;
  OptimizeOptions optimize;
};

struct Trained {
  std::shared_ptr<const Module> optimized;
  std::unique_ptr<State> state;
  std::vector<double> losses;
};

struct StepInputs {
  Tensor x, y;
};

// Runs init(seed), then train_step on each batch in turn.
absl::StatusOr<Trained> TrainByHand(std::shared_ptr<const Module> module, absl::Span<const StepInputs> batches,
                                    const TrainByHandOptions& options);

// `steps` batches of `rows` rows: x uniform in [-1, 1), y one-hot over `classes`, both of a fixed stream.
std::vector<StepInputs> RandomBatches(int64_t steps, int64_t rows, int64_t features, int64_t classes);

}  // namespace weft

#endif  // WEFT_TESTS_TRAIN_BY_HAND_H_
