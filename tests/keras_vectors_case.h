// One reference case of Keras: a .safetensors file with its kind and configuration, and what is needed to run one.
#ifndef WEFT_TESTS_KERAS_VECTORS_CASE_H_
#define WEFT_TESTS_KERAS_VECTORS_CASE_H_

#include <string>
#include <vector>

#include "absl/container/btree_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "core/tensor.h"
#include "graph/ir/builder.h"
#include "nlohmann/json.hpp"

namespace weft {

struct VectorCase {
  std::string name;  // the file's, without its ending
  std::string kind;
  nlohmann::json config;
  absl::btree_map<std::string, Tensor> tensors;

  // NotFound names the tensor that is missing.
  absl::StatusOr<Tensor> Get(const std::string& tensor) const;
  // tensors prefix0, prefix1, ... as many as there are.
  std::vector<Tensor> All(const std::string& prefix) const;
};

absl::StatusOr<VectorCase> LoadVectorCase(const std::string& path);

double LargestMagnitude(const Tensor& tensor);
// |got - want| <= max(tolerance * the largest magnitude of want, floor). InvalidArgument says what differs and by how
// much.
absl::Status CompareTensors(absl::string_view what, const Tensor& got, const Tensor& want, double tolerance,
                            double floor = 0);

// Optimizes the graph, compiles it for this host and runs it: the path that models take.
absl::StatusOr<std::vector<Tensor>> RunOnKernels(const GraphPtr& graph, absl::Span<const Tensor> inputs);

// An input of the tensor's type.
Value InputLike(GraphBuilder& builder, absl::string_view name, const Tensor& tensor);

// Each runs a case of its kind. Unimplemented: the class does not exist (yet): skipped.
absl::Status RunLayerCase(const VectorCase& c);
absl::Status RunActivationCase(const VectorCase& c);
absl::Status RunLossCase(const VectorCase& c);
absl::Status RunMetricCase(const VectorCase& c);
absl::Status RunOptimizerCase(const VectorCase& c);
absl::Status RunScheduleCase(const VectorCase& c);
absl::Status RunTrainingCase(const VectorCase& c);

}  // namespace weft

#endif  // WEFT_TESTS_KERAS_VECTORS_CASE_H_
