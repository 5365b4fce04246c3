#include "models/mnist_networks.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "core/status.h"
#include "graph/ir/registry.h"
#include "models/layers/layers.h"
#include "models/optimizers/adam.h"
#include "models/optimizers/rmsprop.h"

namespace weft {
namespace {

// A digit is read row by row: 28 steps of 28 pixels.
MnistNetwork Recurrent(LayerRef layer) { return {{std::move(layer)}, Adam(), 128, 3}; }

MnistNetwork Perceptron() {
  return {{Flatten(), Dense({.units = 512, .activation = "relu"}), Dense({.units = 256, .activation = "relu"})},
          RMSprop(),
          64,
          8};
}

MnistNetwork Convolutional() {
  return {{Reshape({.target_shape = {28, 28, 1}}), Conv2D({.filters = 32, .kernel_size = {3}, .activation = "relu"}),
           MaxPooling2D({.pool_size = {2}}), Conv2D({.filters = 64, .kernel_size = {3}, .activation = "relu"}),
           MaxPooling2D({.pool_size = {2}}), Flatten(), Dropout(0.5)},
          Adam(),
          128,
          3};
}

}  // namespace

std::vector<std::string> MnistNetworkNames() { return {"mlp", "cnn", "rnn", "lstm", "gru"}; }

absl::StatusOr<MnistNetwork> MakeMnistNetwork(const std::string& name) {
  MnistNetwork network;
  if (name == "mlp") {
    network = Perceptron();
  } else if (name == "cnn") {
    network = Convolutional();
  } else if (name == "rnn") {
    network = Recurrent(SimpleRNN({.units = 128}));
  } else if (name == "lstm") {
    network = Recurrent(LSTM({.units = 128}));
  } else if (name == "gru") {
    network = Recurrent(GRU({.units = 128}));
  } else {
    const std::vector<std::string> names = MnistNetworkNames();
    const std::string nearest = Nearest(name, names);
    return InvalidArgument("there is no network '", name, "'; expected one of ", absl::StrJoin(names, ", "),
                           nearest.empty() ? "" : absl::StrCat("; did you mean '", nearest, "'?"));
  }
  std::vector<LayerRef> layers = {Input({.shape = {28, 28}, .dtype = DType::kUInt8}), Rescaling({.scale = 1.0 / 255})};
  for (LayerRef& layer : network.layers) layers.push_back(std::move(layer));
  layers.push_back(Dense({.units = 10, .activation = "softmax"}));
  network.layers = std::move(layers);
  return network;
}

}  // namespace weft
