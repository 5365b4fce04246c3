// The data of the reference workloads, in memory before any clock starts.
#ifndef WEFT_BENCH_WORKLOAD_DATA_H_
#define WEFT_BENCH_WORKLOAD_DATA_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "core/tensor.h"

namespace weft {

struct WorkloadData {
  Tensor x;  // float32
  Tensor y;  // int64 class indices, or float32 [n, 1] for tiny_train
};
struct Batch {
  Tensor x, y;
};

// MNIST as float32 in [0, 1] from `dir` (or $WEFT_DATA_DIR); random numbers of the same shapes where it is not there.
// tiny_train: its own.
absl::StatusOr<WorkloadData> LoadWorkloadData(const std::string& work, const std::string& dir);

// All whole batches in one fixed shuffled order, so that each step trains on another one.
absl::StatusOr<std::vector<Batch>> CutIntoBatches(const WorkloadData& data, int64_t batch_size);

// Uniform in [0, 1).
absl::StatusOr<Tensor> RandomTensor(const Dims& dims, uint64_t seed);

}  // namespace weft

#endif  // WEFT_BENCH_WORKLOAD_DATA_H_
