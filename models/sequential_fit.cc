// Sequential: the training loop.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <numeric>

#include "absl/strings/str_cat.h"
#include "core/status.h"
#include "models/data/shuffle.h"
#include "models/interrupt.h"
#include "models/sequential_impl.h"

namespace weft {
namespace {

absl::Status CheckOptions(const FitOptions& options) {
  if (options.batch_size < 1) return InvalidArgument("batch_size must be at least 1, received ", options.batch_size);
  if (options.initial_epoch < 0 || options.epochs < options.initial_epoch) {
    return InvalidArgument("epochs (", options.epochs, ") is the number of the last epoch: it must be at least ",
                           "initial_epoch (", options.initial_epoch, "), and that at least 0");
  }
  if (!(options.validation_split >= 0 && options.validation_split < 1)) {
    return InvalidArgument("validation_split must lie in [0, 1), received ", options.validation_split);
  }
  if ((options.validation_x == nullptr) != (options.validation_y == nullptr)) {
    return InvalidArgument("validation_x and validation_y are given together or not at all");
  }
  return absl::OkStatus();
}

class Control final : public TrainingControl {
 public:
  explicit Control(State& state) : state_(state) {}
  void StopTraining() override { stopped_ = true; }
  bool stopped() const { return stopped_; }
  double learning_rate() const override {
    absl::StatusOr<Tensor> rate = state_.Get(kLearningRateVariable);
    return rate.ok() ? rate->AtDouble(0) : std::nan("");
  }
  absl::Status SetLearningRate(double value) override {
    if (state_.module().FindVariable(kLearningRateVariable) == nullptr) {
      return absl::FailedPreconditionError("SetLearningRate: the optimizer's schedule decides the learning rate");
    }
    return state_.Set(kLearningRateVariable, Tensor::Scalar(DType::kFloat32, value));
  }

 private:
  State& state_;
  bool stopped_ = false;
};

void AddEpoch(History& history, int64_t epoch, const Logs& logs, double seconds) {
  history.epoch.push_back(epoch);
  history.seconds.push_back(seconds);
  for (const auto& [name, value] : logs) history.history[name].push_back(value);
}

}  // namespace

// What a call of Fit works with.
struct Sequential::Impl::FitRun {
  FitRun(Impl& impl, const FitOptions& options, Data& data)
      : impl(impl),
        options(options),
        data(data),
        progress(Progress::ChooseStyle(options.verbose, options.sink), options.sink),
        interrupt(options.handle_interrupt),
        control(impl.engine->state()) {}

  bool Cancelled() const {
    return interrupt.received() || (options.cancel != nullptr && options.cancel->load(std::memory_order_relaxed));
  }
  // All callbacks, until one fails.
  template <typename F>
  absl::Status Call(F&& call) {
    for (const CallbackRef& callback : options.callbacks) {
      if (callback != nullptr) WEFT_RETURN_IF_ERROR(call(*callback));
    }
    return absl::OkStatus();
  }

  absl::Status Prepare();
  absl::Status Epoch(int64_t epoch);
  absl::Status TrainOneEpoch(int64_t epoch);
  absl::Status Validate(Logs& logs);

  Impl& impl;
  const FitOptions& options;
  Data& data;
  Data validation;                                   // over rows [validation_begin, validation_end) of it
  int64_t validation_begin = 0, validation_end = 0;  // equal: none
  int64_t samples = 0, batch_size = 0;
  std::optional<Batches> batches;
  Progress progress;
  InterruptScope interrupt;
  Control control;
  Logs logs;  // of the last epoch
};

// Validation data are the tail, before shuffling; or given apart.
absl::Status Sequential::Impl::FitRun::Prepare() {
  samples = data.samples;
  if (options.validation_x != nullptr) {
    absl::StatusOr<Data> prepared = impl.PrepareData(*options.validation_x, *options.validation_y, nullptr, {});
    if (!prepared.ok()) return Annotate(prepared.status(), "validation data");
    validation = *std::move(prepared);
    validation_end = validation.samples;
  } else if (options.validation_split > 0) {
    samples = static_cast<int64_t>(std::floor(static_cast<double>(data.samples) * (1 - options.validation_split)));
    if (samples == 0 || samples == data.samples) {
      return InvalidArgument("validation_split = ", options.validation_split, " of ", data.samples,
                             " samples leaves nothing for ", samples == 0 ? "training" : "validation");
    }
    validation = data;
    if (!options.class_weight.empty()) {  // class weights are for training
      validation.weights = TensorView();
      WEFT_RETURN_IF_ERROR(validation.FillWeights());
    }
    validation_begin = samples;
    validation_end = data.samples;
  }
  batch_size = std::min(options.batch_size, samples);
  WEFT_RETURN_IF_ERROR(impl.CheckBatches("Fit", samples, batch_size));
  if (validation_begin != validation_end) {
    WEFT_RETURN_IF_ERROR(
        impl.CheckBatches("Fit: validation data", validation_end - validation_begin, options.batch_size));
  }
  WEFT_ASSIGN_OR_RETURN(batches, impl.MakeBatches(data, batch_size));
  impl.last_batch = batch_size;
  return impl.engine->Prepare(kTrainStepFunction, batch_size);
}

absl::Status Sequential::Impl::FitRun::TrainOneEpoch(int64_t epoch) {
  std::vector<int64_t> order;
  if (options.shuffle) order = ShuffledOrder(samples, impl.options.seed, epoch);
  const int64_t steps = (samples + batch_size - 1) / batch_size;
  progress.BeginEpoch(epoch, options.epochs, steps);
  WEFT_RETURN_IF_ERROR(impl.ResetMetrics());
  for (int64_t step = 0; step < steps; ++step) {
    const int64_t begin = step * batch_size, end = std::min(begin + batch_size, samples);
    if (options.shuffle) {
      WEFT_RETURN_IF_ERROR(batches->Gather(absl::MakeConstSpan(order).subspan(begin, end - begin)));
    } else {
      WEFT_RETURN_IF_ERROR(batches->Take(begin, end));
    }
    WEFT_RETURN_IF_ERROR(impl.RunStep(kTrainStepFunction, batches->views()).status());
    progress.Step(step + 1, [&] {
      absl::StatusOr<Logs> so_far = impl.MetricResults();
      return so_far.ok() ? *so_far : Logs();
    });
    WEFT_RETURN_IF_ERROR(Call([&](Callback& callback) { return callback.OnTrainBatchEnd(control, step); }));
    if (Cancelled()) break;
    if (control.stopped()) break;
  }
  WEFT_ASSIGN_OR_RETURN(logs, impl.MetricResults());
  return absl::OkStatus();
}

absl::Status Sequential::Impl::FitRun::Validate(Logs& into) {
  if (validation_begin == validation_end) return absl::OkStatus();
  WEFT_ASSIGN_OR_RETURN(Logs results, impl.Evaluate(validation, validation_begin, validation_end, options.batch_size,
                                                    nullptr, [this] { return Cancelled(); }));
  for (const auto& [name, value] : results) into[absl::StrCat("val_", name)] = value;
  return absl::OkStatus();
}

absl::Status Sequential::Impl::FitRun::Epoch(int64_t epoch) {
  WEFT_RETURN_IF_ERROR(Call([&](Callback& callback) { return callback.OnEpochBegin(control, epoch); }));
  const auto start = std::chrono::steady_clock::now();
  absl::Status trained = TrainOneEpoch(epoch);
  if (trained.ok() && !Cancelled()) trained = Validate(logs);
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  const bool cancelled = absl::IsCancelled(trained) || (trained.ok() && Cancelled());
  if (trained.ok() && !cancelled) {
    progress.EndEpoch(logs);
  } else {
    progress.Break();
  }
  if (!trained.ok() && !cancelled) return trained;
  AddEpoch(impl.history, epoch, logs, seconds);
  if (cancelled) {
    return absl::CancelledError(
        absl::StrCat("training was stopped in epoch ", epoch + 1, " of ", options.epochs, ", after a whole step"));
  }
  return Call([&](Callback& callback) { return callback.OnEpochEnd(control, epoch, logs); });
}

absl::StatusOr<History> Sequential::Fit(const Tensor& x, const Tensor& y, FitOptions options) {
  WEFT_RETURN_IF_ERROR(impl_->CheckCompiled());
  WEFT_RETURN_IF_ERROR(CheckOptions(options));
  WEFT_RETURN_IF_ERROR(impl_->EnsureBuilt(&x));
  WEFT_ASSIGN_OR_RETURN(Impl::Data data, impl_->PrepareData(x, y, options.sample_weight, options.class_weight));
  impl_->history = History();
  Impl::FitRun run(*impl_, options, data);
  WEFT_RETURN_IF_ERROR(run.Prepare());
  WEFT_RETURN_IF_ERROR(run.Call([&](Callback& callback) { return callback.OnTrainBegin(run.control); }));
  for (int64_t epoch = options.initial_epoch; epoch < options.epochs && !run.control.stopped(); ++epoch) {
    WEFT_RETURN_IF_ERROR(run.Epoch(epoch));
  }
  WEFT_RETURN_IF_ERROR(run.Call([&](Callback& callback) { return callback.OnTrainEnd(run.control, run.logs); }));
  return impl_->history;
}

}  // namespace weft
