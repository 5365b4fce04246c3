// Stacks of layers recorded outside a model: weights are inputs of the function.
#ifndef WEFT_TESTS_KERAS_VECTORS_LAYERS_H_
#define WEFT_TESTS_KERAS_VECTORS_LAYERS_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "models/layers/layer.h"
#include "tests/keras_vectors_case.h"

namespace weft {

// From [{class, config}, ...]. Unimplemented for a class that does not exist; an unknown key or an unsupported value is
// InvalidArgument.
absl::StatusOr<std::vector<std::shared_ptr<Layer>>> LayersOf(const nlohmann::json& configs);

struct RecordedStack {
  std::vector<Value> outputs;
  std::vector<Value> weights;  // inputs of the function, in Keras' order
  std::vector<bool> trainable;
  std::vector<Value> states;  // new values of the non-trainable ones
};

// Builds and calls the layers; each weight takes the next of `weight_values` for its type.
absl::StatusOr<RecordedStack> RecordStack(GraphBuilder& builder, absl::Span<const std::shared_ptr<Layer>> layers,
                                          std::vector<Value> inputs, absl::Span<const Tensor> weight_values,
                                          bool training);

}  // namespace weft

#endif  // WEFT_TESTS_KERAS_VECTORS_LAYERS_H_
