#include "models/sequential.h"

#include <chrono>

#include "absl/strings/str_cat.h"
#include "core/status.h"
#include "models/sequential_impl.h"
#include "models/summary.h"
#include "ops/all_ops.h"

namespace weft {

// ---- Impl: from options to an engine

const ModelRegistry& Sequential::Impl::registry() const {
  return options.registry != nullptr ? *options.registry : DefaultModelRegistry();
}

const OpRegistry& Sequential::Impl::ops() const { return options.ops != nullptr ? *options.ops : AllOps(); }

absl::StatusOr<Target> Sequential::Impl::MakeTarget() const {
  if (options.threads < 0 || options.threads > 1024) {
    return InvalidArgument("SequentialOptions::threads must be 0 (all processors) or 1 to 1024, received ",
                           options.threads);
  }
  Target target = Target::Host(options.threads);
  if (!options.isa.has_value()) {
    WEFT_ASSIGN_OR_RETURN(target.isa, IsaFromEnvironment());
  } else if (*options.isa > DetectIsa()) {
    return InvalidArgument("SequentialOptions::isa is ", Name(*options.isa), ", but this machine has only ",
                           Name(DetectIsa()));
  } else {
    target.isa = *options.isa;
  }
  return target;
}

ModelConfig Sequential::Impl::Config() const {
  return {options.name, options.seed, input, list.layers, sample_weights, training};
}

absl::Status Sequential::Impl::EnsureBuilt(const Tensor* x) {
  if (engine != nullptr) return absl::OkStatus();
  WEFT_RETURN_IF_ERROR(status);
  WEFT_ASSIGN_OR_RETURN(list, NameLayers(refs, registry()));
  if (list.input != nullptr) {
    WEFT_ASSIGN_OR_RETURN(TensorType type, list.input->type());
    return BuildFor(std::move(type));
  }
  if (x == nullptr) {
    return absl::FailedPreconditionError(
        "the model is not built: it has no Input layer, so its shapes come from the first data (Fit, Predict), or from "
        "Build");
  }
  InputOptions from_data;
  if (x->rank() > 1) from_data.shape.assign(x->dims().begin() + 1, x->dims().end());
  if (x->rank() == 1) from_data.shape = {1};  // as Keras: one feature
  WEFT_ASSIGN_OR_RETURN(TensorType type, InputLayer(std::move(from_data)).type());
  return BuildFor(std::move(type));
}

absl::Status Sequential::Impl::BuildFor(TensorType input_type) {
  if (list.layers.empty()) return InvalidArgument("the model has no layers");
  input = std::move(input_type);
  return Rebuild({});
}

absl::Status Sequential::Impl::Rebuild(const absl::flat_hash_set<std::string>& fresh,
                                       std::shared_ptr<const Module> loaded) {
  const auto start = std::chrono::steady_clock::now();
  ModelSpec spec;
  spec.layers = list.layers;
  spec.input = input;
  spec.training = training;
  spec.sample_weights = sample_weights;
  spec.ops = &ops();
  spec.registry = &registry();
  WEFT_ASSIGN_OR_RETURN(RecordedModel model, RecordModel(spec));
  model.module->metadata()[kModelMetadata] = ToJson(Config());
  WEFT_ASSIGN_OR_RETURN(Target target, MakeTarget());
  if (pool == nullptr) pool = std::make_unique<ThreadPool>(target.threads);
  record_ms = std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
  WEFT_ASSIGN_OR_RETURN(std::unique_ptr<Engine> made,
                        Engine::Create(loaded != nullptr ? loaded : model.module, target, pool.get()));
  if (loaded == nullptr) {  // the contents of a loaded module come from its file
    WEFT_RETURN_IF_ERROR(made->Init(options.seed));
    if (engine != nullptr) WEFT_RETURN_IF_ERROR(made->CopyFrom(*engine, fresh));
  }
  recorded = std::move(model);
  engine = std::move(made);
  return absl::OkStatus();
}

// ---- Sequential

Sequential::Sequential(std::vector<LayerRef> layers, SequentialOptions options) : impl_(std::make_unique<Impl>()) {
  impl_->options = std::move(options);
  for (LayerRef& layer : layers) Add(std::move(layer));
}

Sequential::~Sequential() = default;
Sequential::Sequential(Sequential&&) noexcept = default;
Sequential& Sequential::operator=(Sequential&&) noexcept = default;

void Sequential::Add(LayerRef layer) {
  if (impl_->engine != nullptr && impl_->status.ok()) {
    impl_->status = absl::FailedPreconditionError("Add: the model is built; layers must be added before");
  }
  if (layer.is_none() && impl_->status.ok()) impl_->status = InvalidArgument("Add: no layer is given");
  impl_->refs.push_back(std::move(layer));
}

void Sequential::Compile(CompileModelOptions options) {
  if (!impl_->status.ok()) return;
  impl_->status = [&]() -> absl::Status {
    TrainingSpec training;
    WEFT_ASSIGN_OR_RETURN(training.optimizer, impl_->registry().Resolve("optimizer", options.optimizer));
    WEFT_ASSIGN_OR_RETURN(training.loss, impl_->registry().Resolve("loss", options.loss));
    training.metrics = std::move(options.metrics);
    impl_->training = std::move(training);
    if (impl_->engine == nullptr) return absl::OkStatus();
    return impl_->Rebuild({"optimizer", "metric"});
  }();
  if (!impl_->status.ok()) impl_->status = Annotate(impl_->status, "Compile");
}

absl::Status Sequential::status() const { return impl_->status; }

absl::Status Sequential::Build(const Shape& input_shape, DType input_dtype) {
  WEFT_RETURN_IF_ERROR(impl_->status);
  if (impl_->engine != nullptr) return absl::FailedPreconditionError("Build: the model is already built");
  WEFT_ASSIGN_OR_RETURN(impl_->list, NameLayers(impl_->refs, impl_->registry()));
  TensorType type{input_dtype, {Dim::Symbol("batch")}};
  for (const Dim& dim : input_shape) {
    if (!dim.is_constant() || dim.value() < 1) {
      return InvalidArgument("Build: every dim of the input shape must be at least 1, received ",
                             input_shape.ToString());
    }
    type.shape.push_back(dim);
  }
  if (impl_->list.input != nullptr) {
    WEFT_ASSIGN_OR_RETURN(TensorType declared, impl_->list.input->type());
    if (declared != type) {
      return InvalidArgument("Build: the Input layer says ", declared.ToString(), ", Build says ", type.ToString());
    }
  }
  return impl_->BuildFor(std::move(type));
}

absl::StatusOr<std::string> Sequential::Summary() const {
  WEFT_RETURN_IF_ERROR(impl_->status);
  WEFT_RETURN_IF_ERROR(impl_->EnsureBuilt(nullptr));
  return SummaryTable(impl_->options.name, impl_->list.layers, impl_->recorded);
}

absl::StatusOr<std::vector<std::pair<std::string, Tensor>>> Sequential::Weights() const {
  WEFT_RETURN_IF_ERROR(impl_->status);
  WEFT_RETURN_IF_ERROR(impl_->EnsureBuilt(nullptr));
  std::vector<std::pair<std::string, Tensor>> weights;
  for (const auto& names : impl_->recorded.layer_variables) {
    for (const std::string& name : names) {
      WEFT_ASSIGN_OR_RETURN(Tensor value, impl_->engine->state().Get(name));
      weights.emplace_back(name, std::move(value));
    }
  }
  return weights;
}

absl::Status Sequential::SetWeights(absl::Span<const Tensor> weights) {
  WEFT_RETURN_IF_ERROR(impl_->status);
  WEFT_RETURN_IF_ERROR(impl_->EnsureBuilt(nullptr));
  std::vector<const VariableDecl*> variables;
  for (const auto& names : impl_->recorded.layer_variables) {
    for (const std::string& name : names) variables.push_back(impl_->engine->recorded()->FindVariable(name));
  }
  if (variables.size() != weights.size()) {
    return InvalidArgument("SetWeights: the model has ", variables.size(), " weights, received ", weights.size());
  }
  for (size_t i = 0; i < weights.size(); ++i) {  // all are checked before one is set
    const TensorType given{weights[i].dtype(), Shape::FromDims(weights[i].dims())};
    if (given.dtype == variables[i]->type.dtype && given.shape == variables[i]->type.shape) continue;
    return InvalidArgument("SetWeights: weight ", i, ", ", variables[i]->name, ", is ", variables[i]->type.ToString(),
                           ", received ", given.ToString());
  }
  for (size_t i = 0; i < weights.size(); ++i) {
    WEFT_RETURN_IF_ERROR(impl_->engine->state().Set(variables[i]->name, weights[i]));
  }
  return absl::OkStatus();
}

const History& Sequential::history() const { return impl_->history; }

std::shared_ptr<const Module> Sequential::module() const {
  return impl_->engine == nullptr ? nullptr : impl_->engine->recorded();
}

State* Sequential::state() { return impl_->engine == nullptr ? nullptr : &impl_->engine->state(); }

const std::vector<Receipt>& Sequential::receipts() const {
  static const std::vector<Receipt>& none = *new std::vector<Receipt>;
  return impl_->engine == nullptr ? none : impl_->engine->receipts();
}

double Sequential::compile_ms() const {
  return impl_->engine == nullptr ? 0 : impl_->record_ms + impl_->engine->compile_ms();
}

int64_t Sequential::peak_bytes() const {
  if (impl_->engine == nullptr || impl_->last_batch == 0) return 0;
  const char* function = impl_->training.has_value() ? kTrainStepFunction : kPredictFunction;
  return impl_->engine->PeakBytes(function, impl_->last_batch);
}

}  // namespace weft
