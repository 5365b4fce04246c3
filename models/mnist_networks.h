// The networks of //models:mnist.
#ifndef WEFT_MODELS_MNIST_NETWORKS_H_
#define WEFT_MODELS_MNIST_NETWORKS_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "models/layers/layer.h"
#include "models/optimizers/optimizer.h"

namespace weft {

struct MnistNetwork {
  std::vector<LayerRef> layers;  // images [28, 28] of uint8 -> probabilities of the ten digits
  OptimizerRef optimizer;
  int batch_size, epochs;  // what it is usually trained with
};

// "mlp", "cnn", "rnn", "lstm", "gru".
std::vector<std::string> MnistNetworkNames();
// InvalidArgument for any other name, with the nearest.
absl::StatusOr<MnistNetwork> MakeMnistNetwork(const std::string& name);

}  // namespace weft

#endif  // WEFT_MODELS_MNIST_NETWORKS_H_
