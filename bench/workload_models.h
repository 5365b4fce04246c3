// The networks of the reference workloads.
#ifndef WEFT_BENCH_WORKLOAD_MODELS_H_
#define WEFT_BENCH_WORKLOAD_MODELS_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "models/sequential.h"

namespace weft {

// mlp_train, tiny_train, csv_fit, mlp_infer1, mlp_infer64, dense_relu.
std::vector<std::string> WorkloadNames();
int64_t BatchSize(const std::string& work);

// Built, compiled and initialized.
absl::StatusOr<Sequential> BuildWorkload(const std::string& work, int threads);

struct DenseShape {
  int64_t m, k, n;
};
std::vector<DenseShape> DenseShapes();
absl::StatusOr<Sequential> BuildDenseRelu(const DenseShape& shape, int threads);

}  // namespace weft

#endif  // WEFT_BENCH_WORKLOAD_MODELS_H_
