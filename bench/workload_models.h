// The networks of the reference workloads.
#ifndef WEFT_BENCH_WORKLOAD_MODELS_H_
#define WEFT_BENCH_WORKLOAD_MODELS_H_

#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "bench/workload_data.h"
#include "models/sequential.h"

namespace weft {

std::vector<std::string> WorkloadNames();
int64_t BatchSize(const std::string& work);

// Built, compiled and initialized.
absl::StatusOr<Sequential> BuildWorkload(const std::string& work, int threads);

// What is timed as training: one batch after another, from the first again after the last.
class TrainingWorkload {
 public:
  // `batches`: at least one; outlives this.
  TrainingWorkload(Sequential model, const std::vector<Batch>& batches)
      : model_(std::move(model)), batches_(&batches) {}
  // The loss of the next batch, before its update.
  absl::StatusOr<double> Step();
  Sequential& model() { return model_; }

 private:
  Sequential model_;
  const std::vector<Batch>* batches_;
  size_t next_ = 0;
};

struct DenseShape {
  int64_t m, k, n;
};
std::vector<DenseShape> DenseShapes();
absl::StatusOr<Sequential> BuildDenseRelu(const DenseShape& shape, int threads);

}  // namespace weft

#endif  // WEFT_BENCH_WORKLOAD_MODELS_H_
