#include "bench/workload_models.h"

#include "absl/strings/match.h"
#include "core/status.h"
#include "models/layers/dense.h"
#include "models/losses/binary_crossentropy.h"
#include "models/losses/sparse_categorical_crossentropy.h"
#include "models/optimizers/adam.h"
#include "models/optimizers/rmsprop.h"

namespace weft {

std::vector<std::string> WorkloadNames() {
  return {"mlp_train", "tiny_train", "csv_fit", "mlp_infer1", "mlp_infer64", "dense_relu"};
}

int64_t BatchSize(const std::string& work) {
  if (work == "csv_fit") return 256;
  return absl::EndsWith(work, "infer1") ? 1 : 64;
}

absl::StatusOr<Sequential> BuildWorkload(const std::string& work, int threads) {
  SequentialOptions options;
  options.threads = threads;
  const bool tiny = absl::StartsWith(work, "tiny");
  std::vector<LayerRef> layers;
  if (tiny) {
    layers = {Dense({.units = 10, .activation = "relu"}), Dense({.units = 20, .activation = "relu"}),
              Dense({.units = 1, .activation = "sigmoid"})};
  } else {
    layers = {Dense({.units = 512, .activation = "relu"}), Dense({.units = 256, .activation = "relu"}),
              Dense({.units = 10, .activation = "softmax"})};
  }
  Sequential model(std::move(layers), options);
  if (!absl::StrContains(work, "infer")) {
    if (tiny) {
      model.Compile({.optimizer = Adam(), .loss = BinaryCrossentropy()});
    } else {
      model.Compile({.optimizer = RMSprop(), .loss = SparseCategoricalCrossentropy()});
    }
  }
  WEFT_RETURN_IF_ERROR(model.Build({tiny ? 2 : 784}));
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
