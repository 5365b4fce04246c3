// Sequential: evaluation, prediction, single steps.
#include <algorithm>

#include "absl/strings/str_cat.h"
#include "core/status.h"
#include "models/sequential_impl.h"

namespace weft {

absl::Status Sequential::Impl::ResetMetrics() { return engine->Run(kResetMetricsFunction, {}, {}); }

absl::StatusOr<double> Sequential::Impl::RunStep(const char* function, absl::Span<const TensorView> batch) {
  float loss = 0;
  const MutableTensorView output(DType::kFloat32, {}, &loss);
  WEFT_RETURN_IF_ERROR(engine->Run(function, batch, {&output, 1}));
  return loss;
}

absl::StatusOr<Sequential::Impl::Results> Sequential::Impl::MetricResults() const {
  Results results;
  const State& state = engine->state();
  WEFT_ASSIGN_OR_RETURN(Tensor total, state.Get(MetricVariableName("loss", "total")));
  WEFT_ASSIGN_OR_RETURN(Tensor count, state.Get(MetricVariableName("loss", "count")));
  const double samples = count.AtDouble(0);
  results["loss"] = samples == 0 ? 0 : total.AtDouble(0) / samples;
  for (const RecordedMetric& metric : recorded.metrics) {
    std::vector<Tensor> accumulators;
    for (const std::string& variable : metric.variables) {
      WEFT_ASSIGN_OR_RETURN(Tensor value, state.Get(variable));
      accumulators.push_back(std::move(value));
    }
    results[metric.metric.name] = metric.metric.metric->Result(accumulators);
  }
  return results;
}

absl::StatusOr<Sequential::Impl::Results> Sequential::Impl::Evaluate(const Data& data, int64_t begin, int64_t end,
                                                                     int64_t batch_size, Progress* progress,
                                                                     const std::function<bool()>& stop) {
  WEFT_ASSIGN_OR_RETURN(Batches batches, MakeBatches(data, batch_size));
  WEFT_RETURN_IF_ERROR(ResetMetrics());
  const int64_t steps = (end - begin + batch_size - 1) / batch_size;
  if (progress != nullptr) progress->BeginEpoch(0, 1, steps);
  for (int64_t step = 0; step < steps; ++step) {
    const int64_t first = begin + step * batch_size;
    WEFT_RETURN_IF_ERROR(batches.Take(first, std::min(first + batch_size, end)));
    WEFT_RETURN_IF_ERROR(RunStep(kEvaluateFunction, batches.views()).status());
    if (progress != nullptr) {
      progress->Step(step + 1, [&] {
        absl::StatusOr<Results> so_far = MetricResults();
        return so_far.ok() ? *so_far : Logs();
      });
    }
    if (stop != nullptr && stop()) return absl::CancelledError("evaluation was cancelled");
  }
  WEFT_ASSIGN_OR_RETURN(Results results, MetricResults());
  if (progress != nullptr) progress->EndEpoch(results);
  return results;
}

absl::StatusOr<absl::btree_map<std::string, double>> Sequential::Evaluate(const Tensor& x, const Tensor& y,
                                                                          EvaluateOptions options) {
  WEFT_RETURN_IF_ERROR(impl_->CheckCompiled());
  if (options.batch_size < 1) return InvalidArgument("batch_size must be at least 1, received ", options.batch_size);
  WEFT_RETURN_IF_ERROR(impl_->EnsureBuilt(&x));
  WEFT_ASSIGN_OR_RETURN(Impl::Data data, impl_->PrepareData(x, y, options.sample_weight, {}));
  WEFT_RETURN_IF_ERROR(impl_->CheckBatches("Evaluate", data.samples, options.batch_size));
  const Progress::Style style = Progress::ChooseStyle(options.verbose, options.sink);
  Progress progress(style, options.sink);
  return impl_->Evaluate(data, 0, data.samples, options.batch_size, &progress, nullptr);
}

absl::StatusOr<Tensor> Sequential::Predict(const Tensor& x, PredictOptions options) {
  WEFT_RETURN_IF_ERROR(impl_->status);
  if (options.batch_size < 1) return InvalidArgument("batch_size must be at least 1, received ", options.batch_size);
  WEFT_RETURN_IF_ERROR(impl_->EnsureBuilt(&x));
  WEFT_RETURN_IF_ERROR(impl_->CheckX(x));
  const int64_t samples = x.dims()[0];
  const Shape& output = impl_->recorded.output.shape;
  if (output.rank() < 1 || output[0] != impl_->input.shape[0]) {
    return InvalidArgument("Predict: the model's output ", output.ToString(), " has no batch axis in front");
  }
  WEFT_ASSIGN_OR_RETURN(Dims row, Shape(output.dims().subspan(1)).Evaluate({}));
  Dims dims = {samples};
  dims.insert(dims.end(), row.begin(), row.end());
  absl::StatusOr<Tensor> made = Tensor::CreateUninitialized(impl_->recorded.output.dtype, dims);
  if (!made.ok()) {
    return Annotate(made.status(), absl::StrCat("Predict: the output ", Name(impl_->recorded.output.dtype),
                                                DimsToString(dims), " of layer ", impl_->list.layers.back().name));
  }
  Tensor result = *std::move(made);
  const int64_t row_bytes = NumElements(row) * SizeOf(result.dtype());

  const int64_t batch_size = std::min(options.batch_size, samples);
  WEFT_RETURN_IF_ERROR(impl_->CheckBatches("Predict", samples, batch_size));
  WEFT_ASSIGN_OR_RETURN(Dims x_row, Shape(impl_->input.shape.dims().subspan(1)).Evaluate({}));
  WEFT_ASSIGN_OR_RETURN(Batches batches, Batches::Create({{"x", x, impl_->input.dtype, x_row}}, batch_size));
  if (!impl_->training.has_value()) impl_->last_batch = batch_size;
  for (int64_t begin = 0; begin < samples; begin += batch_size) {
    const int64_t end = std::min(begin + batch_size, samples);
    WEFT_RETURN_IF_ERROR(batches.Take(begin, end));
    dims[0] = end - begin;
    const MutableTensorView rows(result.dtype(), dims, static_cast<char*>(result.mutable_raw()) + begin * row_bytes);
    WEFT_RETURN_IF_ERROR(impl_->engine->Run(kPredictFunction, batches.views(), {&rows, 1}));
  }
  return result;
}

absl::StatusOr<double> Sequential::TrainOnBatch(const Tensor& x, const Tensor& y, const Tensor* sample_weight) {
  WEFT_RETURN_IF_ERROR(impl_->CheckCompiled());
  WEFT_RETURN_IF_ERROR(impl_->EnsureBuilt(&x));
  WEFT_ASSIGN_OR_RETURN(Impl::Data data, impl_->PrepareData(x, y, sample_weight, {}));
  WEFT_RETURN_IF_ERROR(impl_->CheckBatches("TrainOnBatch", data.samples, data.samples));
  WEFT_ASSIGN_OR_RETURN(Batches batches, impl_->MakeBatches(data, data.samples));
  WEFT_RETURN_IF_ERROR(batches.Take(0, data.samples));
  impl_->last_batch = data.samples;
  return impl_->RunStep(kTrainStepFunction, batches.views());
}

absl::Status Sequential::ResetStates() {
  WEFT_RETURN_IF_ERROR(impl_->status);
  if (impl_->engine == nullptr) return absl::OkStatus();
  for (const VariableDecl& variable : impl_->engine->recorded()->variables()) {
    if (variable.kind != kStateKind) continue;
    WEFT_ASSIGN_OR_RETURN(Dims dims, variable.type.shape.Evaluate({}));
    WEFT_ASSIGN_OR_RETURN(Tensor zeros, Tensor::Create(variable.type.dtype, dims));
    WEFT_RETURN_IF_ERROR(impl_->engine->state().Set(variable.name, zeros));
  }
  return absl::OkStatus();
}

}  // namespace weft
