// From a stack of layers, and what Compile was told, to a module: the functions init, predict, and where there is a
// loss train_step, evaluate and reset_metrics, over variables that hold all that changes.
//
//   init(seed: i64[])                              every variable gets its first value
//   predict(x) -> y
//   train_step(x, y [, sample_weight]) -> loss     one step; loss is that of the batch, before the step
//   evaluate(x, y [, sample_weight]) -> loss
//   reset_metrics()
//
//   variable                                     kind
//   <layer>/<weight>                             weight (or what the layer calls it)
//   rng/key, rng/step                            rng         where a layer draws random numbers; step counts from 1:
//                                                            0 is what the initializers drew with
//   optimizer/iterations                         optimizer
//   optimizer/learning_rate                      optimizer   where the rate is a number
//   optimizer/<layer>/<weight>/<slot>            optimizer
//   metrics/loss/total, metrics/loss/count       metric      sum of batch losses times batch sizes, and of batch sizes
//   metrics/<metric>/<accumulator>               metric
//
// train_step and evaluate add a batch to the metrics; reset_metrics makes them zero.
#ifndef WEFT_MODELS_RECORDING_H_
#define WEFT_MODELS_RECORDING_H_

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "graph/ir/module.h"
#include "models/layers/layer.h"
#include "models/losses/loss.h"
#include "models/metrics/metric.h"
#include "models/metrics/resolve.h"
#include "models/optimizers/optimizer.h"
#include "models/registry.h"

namespace weft {

inline constexpr char kResetMetricsFunction[] = "reset_metrics";
inline constexpr char kIterationsVariable[] = "optimizer/iterations";
inline constexpr char kLearningRateVariable[] = "optimizer/learning_rate";

struct NamedLayer {
  std::string name;  // unique in the model
  std::shared_ptr<Layer> layer;
};

struct TrainingSpec {
  std::shared_ptr<Optimizer> optimizer;
  std::shared_ptr<Loss> loss;
  std::vector<MetricRef> metrics;
};

struct ModelSpec {
  std::vector<NamedLayer> layers;  // in the order in which they are called; no InputLayer
  TensorType input;                // the first dim is the symbol "batch", or a number
  std::optional<TrainingSpec> training;
  bool sample_weights = false;  // train_step and evaluate take sample_weight: f32[batch]
  const OpRegistry* ops = nullptr;
  const ModelRegistry* registry = nullptr;
};

// The model's metrics beside "loss", their names made unique; and the variables of each.
struct RecordedMetric {
  NamedMetric metric;
  std::vector<std::string> variables;
};

struct RecordedModel {
  std::shared_ptr<Module> module;
  TensorType output;                                      // of predict
  TensorType target;                                      // y of train_step; only with training
  std::vector<TensorType> layer_outputs;                  // one per layer
  std::vector<std::vector<std::string>> layer_variables;  // per layer, in Keras' order; without kStateKind
  std::vector<RecordedMetric> metrics;
};

// InvalidArgument names the layer, option or type that is wrong.
absl::StatusOr<RecordedModel> RecordModel(const ModelSpec& spec);

// "metrics/accuracy/total"
std::string MetricVariableName(absl::string_view metric, absl::string_view accumulator);

}  // namespace weft

#endif  // WEFT_MODELS_RECORDING_H_
