#include "bench/workload_models.h"

#include "absl/strings/match.h"
#include "core/status.h"
#include "models/layers/layers.h"
#include "models/losses/binary_crossentropy.h"
#include "models/losses/sparse_categorical_crossentropy.h"
#include "models/optimizers/adam.h"
#include "models/optimizers/rmsprop.h"

namespace weft {

namespace {

// What comes before the last layer is the network; the last layer, loss and optimizer follow from the workload's kind.
struct Network {
  std::vector<LayerRef> layers;
  Shape input;
  LayerRef head = Dense({.units = 10, .activation = "softmax"});
  LossRef loss = SparseCategoricalCrossentropy();
  OptimizerRef optimizer = Adam();
};

Network NetworkOf(absl::string_view kind) {
  Network network;
  if (kind == "tiny") {
    network.layers = {Dense({.units = 10, .activation = "relu"}), Dense({.units = 20, .activation = "relu"})};
    network.input = {2};
    network.head = Dense({.units = 1, .activation = "sigmoid"});
    network.loss = BinaryCrossentropy();
  } else if (kind == "cnn") {
    network.layers = {Conv2D({.filters = 32, .kernel_size = {3}, .activation = "relu"}),
                      MaxPooling2D({.pool_size = {2}}),
                      Conv2D({.filters = 64, .kernel_size = {3}, .activation = "relu"}),
                      MaxPooling2D({.pool_size = {2}}),
                      Flatten(),
                      Dropout(0.5)};
    network.input = {28, 28, 1};
  } else if (kind == "lstm") {
    network.layers = {LSTM({.units = 128})};
    network.input = {28, 28};
  } else if (kind == "rnn") {
    network.layers = {SimpleRNN({.units = 128})};
    network.input = {28, 28};
  } else {  // mlp, csv
    network.layers = {Dense({.units = 512, .activation = "relu"}), Dense({.units = 256, .activation = "relu"})};
    network.input = {784};
    network.optimizer = RMSprop();
  }
  return network;
}

absl::string_view WorkKind(absl::string_view work) { return work.substr(0, work.find('_')); }

}  // namespace

std::vector<std::string> WorkloadNames() {
  return {"mlp_train",  "tiny_train",  "csv_fit",    "cnn_train",   "lstm_train",  "rnn_train",
          "mlp_infer1", "mlp_infer64", "cnn_infer1", "cnn_infer64", "lstm_infer1", "dense_relu"};
}

int64_t BatchSize(const std::string& work) {
  if (work == "csv_fit") return 256;
  if (work == "cnn_train" || work == "lstm_train" || work == "rnn_train") return 128;
  return absl::EndsWith(work, "infer1") ? 1 : 64;
}

absl::StatusOr<Sequential> BuildWorkload(const std::string& work, int threads) {
  SequentialOptions options;
  options.threads = threads;
  Network network = NetworkOf(WorkKind(work));
  network.layers.push_back(std::move(network.head));
  Sequential model(std::move(network.layers), options);
  if (!absl::StrContains(work, "infer")) {
    model.Compile({.optimizer = std::move(network.optimizer), .loss = std::move(network.loss)});
  }
  WEFT_RETURN_IF_ERROR(model.Build(network.input));
  return model;
}

absl::StatusOr<double> TrainingWorkload::Step() {
  const Batch& batch = (*batches_)[next_];
  next_ = (next_ + 1) % batches_->size();
  return model_.TrainOnBatch(batch.x, batch.y);
}

std::vector<DenseShape> DenseShapes() {
  return {{1, 784, 512}, {64, 784, 512}, {64, 512, 256}, {256, 1024, 1024}, {1024, 1024, 1024}};
}

absl::StatusOr<Sequential> BuildDenseRelu(const DenseShape& shape, int threads) {
  SequentialOptions options;
  options.threads = threads;
  Sequential model({Dense({.units = shape.n, .activation = "relu"})}, options);
  WEFT_RETURN_IF_ERROR(model.Build({shape.k}));
  return model;
}

}  // namespace weft
