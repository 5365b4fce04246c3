// What Sequential is made of. Private to sequential*.cc.
#ifndef WEFT_MODELS_SEQUENTIAL_IMPL_H_
#define WEFT_MODELS_SEQUENTIAL_IMPL_H_

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/thread_pool.h"
#include "models/batches.h"
#include "models/engine.h"
#include "models/layer_names.h"
#include "models/model_json.h"
#include "models/progress.h"
#include "models/recording.h"
#include "models/sequential.h"

namespace weft {

struct Sequential::Impl {
  using Results = absl::btree_map<std::string, double>;

  // ---- as given
  SequentialOptions options;
  std::vector<LayerRef> refs;
  std::optional<TrainingSpec> training;
  absl::Status status;  // the first error of Add and Compile

  // ---- once built
  LayerList list;
  TensorType input;
  RecordedModel recorded;
  std::unique_ptr<ThreadPool> pool;
  std::unique_ptr<Engine> engine;  // null: not built
  double record_ms = 0;
  bool sample_weights = false;  // train_step and evaluate take them
  int64_t last_batch = 0;       // the batch size of the last train_step, or predict
  History history;

  const ModelRegistry& registry() const;
  const OpRegistry& ops() const;

  // Builds where that has not happened, for data like x. Needs an Input layer where x is null.
  absl::Status EnsureBuilt(const Tensor* x);
  absl::Status BuildFor(TensorType input_type);
  // The module as layers, input, training and sample_weights want it now; `loaded`, where given, is run in place of
  // what was recorded. Variables that there were keep their contents, but for kinds in `fresh`.
  absl::Status Rebuild(const absl::flat_hash_set<std::string>& fresh, std::shared_ptr<const Module> loaded = nullptr);
  absl::StatusOr<Target> MakeTarget() const;
  ModelConfig Config() const;

  // ---- data (sequential_data.cc)
  // What Fit and Evaluate run over.
  struct Data {
    TensorView x, y, weights;
    Tensor made_weights;  // where weights were made here
    int64_t samples = 0;
    bool weighted = false;  // by the caller
    // Makes all weights 1 where there are none.
    absl::Status FillWeights();
  };
  absl::Status CheckCompiled() const;
  absl::Status CheckX(const Tensor& x) const;
  // Where the input has a fixed batch: that all batches of `samples` samples have its size. `what` begins the error.
  absl::Status CheckBatches(absl::string_view what, int64_t samples, int64_t batch_size) const;
  // Checks everything and makes the weights that the module wants, if any.
  absl::StatusOr<Data> PrepareData(const Tensor& x, const Tensor& y, const Tensor* sample_weight,
                                   const absl::btree_map<int64_t, double>& class_weight);
  absl::StatusOr<Batches> MakeBatches(const Data& data, int64_t max_batch) const;
  absl::Status EnsureSampleWeights();

  // A call of Fit (sequential_fit.cc).
  struct FitRun;

  // ---- running (sequential_run.cc)
  absl::Status ResetMetrics();
  absl::StatusOr<double> RunStep(const char* function, absl::Span<const TensorView> batch);
  absl::StatusOr<Results> MetricResults() const;
  // Over rows [begin, end). `stop` (may be null) is asked after each batch.
  absl::StatusOr<Results> Evaluate(const Data& data, int64_t begin, int64_t end, int64_t batch_size, Progress* progress,
                                   const std::function<bool()>& stop);
};

}  // namespace weft

#endif  // WEFT_MODELS_SEQUENTIAL_IMPL_H_
