// Reference vectors computed by Keras, where they are there: files <kind>_<class>_<n>.safetensors in the folder
// keras_vectors of the data sets (the environment variable WEFT_DATA_DIR).
#ifndef WEFT_MODELS_LOSSES_TESTING_KERAS_CASE_H_
#define WEFT_MODELS_LOSSES_TESTING_KERAS_CASE_H_

#include <string>
#include <vector>

#include "absl/container/btree_map.h"
#include "absl/status/statusor.h"
#include "core/tensor.h"

namespace weft {

struct KerasCase {
  std::string name;    // "loss_MeanSquaredError_1"
  std::string config;  // {"class": ..., "config": ...}
  absl::btree_map<std::string, Tensor> tensors;
};

// All cases of a kind and class, sorted by name; none without the data. Files that cannot be read are errors.
absl::StatusOr<std::vector<KerasCase>> KerasCases(const std::string& kind, const std::string& class_name);

}  // namespace weft

#endif  // WEFT_MODELS_LOSSES_TESTING_KERAS_CASE_H_
