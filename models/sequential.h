// Sequential: a stack of layers, in Keras' manner.
//
//   Sequential model({Dense({.units = 512, .activation = "relu"}), Dense({.units = 10, .activation = "softmax"})});
//   model.Compile({.optimizer = RMSprop(), .loss = "categorical_crossentropy", .metrics = {"accuracy"}});
//   auto history = model.Fit(x, y, {.batch_size = 64, .epochs = 8, .validation_split = .1});
//
// Add and Compile return nothing and keep the first error; Fit, Evaluate, Predict, Build, Save return it. Everything
// that trains is one Module (module()): functions init, predict, evaluate, train_step; weights, optimizer state, metric
// sums and random counter are its variables. Not thread-safe; for serving, save the module and run Programs.
#ifndef WEFT_MODELS_SEQUENTIAL_H_
#define WEFT_MODELS_SEQUENTIAL_H_

#include <atomic>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/btree_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "core/tensor.h"
#include "graph/exec/state.h"
#include "graph/ir/module.h"
#include "graph/passes/receipt.h"
#include "models/callbacks/callback.h"
#include "models/layers/layer.h"
#include "models/losses/loss.h"
#include "models/metrics/metric.h"
#include "models/optimizers/optimizer.h"
#include "models/registry.h"

namespace weft {

struct SequentialOptions {
  std::string name = "sequential";
  uint64_t seed = 0;                        // initial weights, dropout, shuffling
  int threads = 0;                          // 0: all processors this process may use; never changes a result
  std::optional<Isa> isa = {};              // none: the best the host has (or WEFT_ISA); never changes a result
  const OpRegistry* ops = nullptr;          // null: AllOps()
  const ModelRegistry* registry = nullptr;  // null: DefaultModelRegistry()
};

struct CompileModelOptions {
  OptimizerRef optimizer = "rmsprop";
  LossRef loss = {};
  std::vector<MetricRef> metrics = {};
};

struct FitOptions {
  int64_t batch_size = 32;
  int64_t epochs = 1;           // the final epoch's number, not a count, when initial_epoch is not 0
  double validation_split = 0;  // the tail of the data, before shuffling
  const Tensor* validation_x = nullptr;
  const Tensor* validation_y = nullptr;
  bool shuffle = true;                                 // by (seed, epoch)
  const Tensor* sample_weight = nullptr;               // [samples], float32
  absl::btree_map<int64_t, double> class_weight = {};  // not together with sample_weight
  int64_t initial_epoch = 0;
  std::vector<CallbackRef> callbacks = {};
  // Where progress goes: -1 auto (a bar on a terminal, else a line per epoch), 0 silent, 1 bar, 2 a line per epoch.
  int verbose = -1;
  std::function<void(absl::string_view)> sink = nullptr;  // null: standard output
  const std::atomic<bool>* cancel =
      nullptr;                   // true: finish the step and return Cancelled (history() has what there is)
  bool handle_interrupt = true;  // Ctrl-C does the same
};

struct EvaluateOptions {
  int64_t batch_size = 32;
  const Tensor* sample_weight = nullptr;
  int verbose = 0;
  std::function<void(absl::string_view)> sink = nullptr;
};

struct PredictOptions {
  int64_t batch_size = 32;
};

// What Fit did: for each of "loss", the metrics, and "val_" of them, a value per epoch.
struct History {
  std::vector<int64_t> epoch;
  absl::btree_map<std::string, std::vector<double>> history;
  std::vector<double> seconds;
};

class Sequential {
 public:
  explicit Sequential(std::vector<LayerRef> layers = {}, SequentialOptions options = {});
  ~Sequential();
  // A model that was moved from can only be destroyed or assigned to.
  Sequential(Sequential&&) noexcept;
  Sequential& operator=(Sequential&&) noexcept;

  void Add(LayerRef layer);
  void Compile(CompileModelOptions options);
  // The first error of Add and Compile, if any.
  absl::Status status() const;

  // Declares weights for inputs of this type without the batch dim, records the module and initializes it. Fit,
  // Evaluate and Predict call it with the data's shape where there is no Input layer. Calling it again is an error.
  absl::Status Build(const Shape& input_shape, DType input_dtype = DType::kFloat32);

  // x: [samples, ...], y: [samples, ...]. Data of another dtype than the model's input is converted batch by batch.
  absl::StatusOr<History> Fit(const Tensor& x, const Tensor& y, FitOptions options = {});
  // "loss" and the metrics.
  absl::StatusOr<absl::btree_map<std::string, double>> Evaluate(const Tensor& x, const Tensor& y,
                                                                EvaluateOptions options = {});
  absl::StatusOr<Tensor> Predict(const Tensor& x, PredictOptions options = {});
  // One step on one batch: the loss of this batch (before the update), regularization included.
  absl::StatusOr<double> TrainOnBatch(const Tensor& x, const Tensor& y, const Tensor* sample_weight = nullptr);

  // Makes the state of stateful recurrent layers zero, as before the first batch. Nothing else does: Fit, Evaluate and
  // Predict go on from the state that the last batch left.
  absl::Status ResetStates();

  // The last Fit's history, also after it was cancelled.
  const History& history() const;

  // Keras' table: Layer (type), Output Shape, Param #; totals with bytes. Needs a built model, or an Input layer.
  absl::StatusOr<std::string> Summary() const;

  // A saved module (graph/proto/saved_module.h) with all that training needs: Load, or any program that links core,
  // graph and ops only, predicts the same bits and goes on training to the same bits as if it had never stopped.
  absl::Status Save(absl::string_view path) const;
  static absl::StatusOr<Sequential> Load(absl::string_view path, SequentialOptions options = {});

  // Weights in Keras' order (get_weights / set_weights), trainable or not, without optimizer state.
  absl::StatusOr<std::vector<std::pair<std::string, Tensor>>> Weights() const;
  absl::Status SetWeights(absl::Span<const Tensor> weights);

  // After Build (and Compile, for train_step and evaluate). The recorded module; its variables' contents; what the
  // optimizer did.
  std::shared_ptr<const Module> module() const;
  State* state();
  const std::vector<Receipt>& receipts() const;
  double compile_ms() const;
  // Of the train_step (or predict, where not compiled) program at the last batch size: weights, state and intermediate
  // values.
  int64_t peak_bytes() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace weft

#endif  // WEFT_MODELS_SEQUENTIAL_H_
