#include "tests/train_by_hand.h"

#include "core/philox.h"
#include "core/status.h"
#include "core/thread_pool.h"
#include "graph/exec/program.h"

namespace weft {

absl::StatusOr<Trained> TrainByHand(std::shared_ptr<const Module> module, absl::Span<const StepInputs> batches,
                                    const TrainByHandOptions& options) {
  WEFT_ASSIGN_OR_RETURN(PassResult optimized, Optimize(std::move(module), options.target, options.optimize));
  Trained trained;
  trained.optimized = optimized.module;
  WEFT_ASSIGN_OR_RETURN(trained.state, State::Create(trained.optimized));
  CompileOptions compile;
  compile.target = options.target;
  WEFT_ASSIGN_OR_RETURN(auto init, Program::Compile(trained.optimized, kInitFunction, compile));
  WEFT_ASSIGN_OR_RETURN(auto step, Program::Compile(trained.optimized, kTrainStepFunction, compile));
  std::unique_ptr<ThreadPool> pool;
  if (options.pool_threads > 0) pool = std::make_unique<ThreadPool>(options.pool_threads);
  RunOptions run;
  run.pool = pool.get();
  WEFT_RETURN_IF_ERROR(init->Run(*trained.state, {Tensor::ScalarInt(DType::kInt64, options.seed)}, run).status());
  for (const StepInputs& batch : batches) {
    WEFT_ASSIGN_OR_RETURN(std::vector<Tensor> outputs, step->Run(*trained.state, {batch.x, batch.y}, run));
    trained.losses.push_back(outputs.empty() ? 0 : outputs[0].AtDouble(0));
  }
  return trained;
}

std::vector<StepInputs> RandomBatches(int64_t steps, int64_t rows, int64_t features, int64_t classes) {
  std::vector<StepInputs> batches;
  PhiloxStream random(12, 34);
  for (int64_t step = 0; step < steps; ++step) {
    StepInputs batch;
    batch.x = *Tensor::Create(DType::kFloat32, {rows, features});
    batch.y = *Tensor::Create(DType::kFloat32, {rows, classes});
    for (float& value : batch.x.mutable_data<float>()) value = static_cast<float>(random.Next32() >> 8) * 0x1p-23f - 1;
    for (int64_t row = 0; row < rows; ++row) {
      batch.y
          .mutable_data<float>()[row * classes + static_cast<int64_t>(random.Below(static_cast<uint64_t>(classes)))] =
          1;
    }
    batches.push_back(std::move(batch));
  }
  return batches;
}

}  // namespace weft
