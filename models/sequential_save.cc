// Sequential: saved modules.
#include "core/status.h"
#include "graph/proto/saved_module.h"
#include "models/sequential_impl.h"

namespace weft {
namespace {

// What is read must be what the layers say, or training would go wrong later and more obscurely.
absl::Status CheckVariables(const Module& loaded, const Module& recorded) {
  if (loaded.variables().size() != recorded.variables().size()) {
    return InvalidArgument("the file has ", loaded.variables().size(), " variables, its configuration declares ",
                           recorded.variables().size());
  }
  for (const VariableDecl& variable : recorded.variables()) {
    const VariableDecl* theirs = loaded.FindVariable(variable.name);
    if (theirs == nullptr) return InvalidArgument("the file lacks the variable ", variable.name);
    if (theirs->type == variable.type) continue;
    return InvalidArgument("the variable ", variable.name, " is ", theirs->type.ToString(),
                           " in the file, its configuration declares ", variable.type.ToString());
  }
  for (const auto& [name, graph] : recorded.functions()) {
    if (loaded.FindFunction(name) == nullptr) return InvalidArgument("the file lacks the function ", name);
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status Sequential::Save(absl::string_view path) const {
  WEFT_RETURN_IF_ERROR(impl_->status);
  WEFT_RETURN_IF_ERROR(impl_->EnsureBuilt(nullptr));
  WEFT_ASSIGN_OR_RETURN(std::vector<NamedTensor> variables, impl_->engine->Variables());
  return SaveModule(path, *impl_->engine->recorded(), variables);
}

absl::StatusOr<Sequential> Sequential::Load(absl::string_view path, SequentialOptions options) {
  Sequential model({}, std::move(options));
  Impl& impl = *model.impl_;
  WEFT_ASSIGN_OR_RETURN(LoadedModule loaded, LoadModule(path, impl.ops()));
  auto json = loaded.module->metadata().find(kModelMetadata);
  if (json == loaded.module->metadata().end()) {
    return InvalidArgument(path,
                           " holds a module without the configuration of a model: it was not saved by "
                           "Sequential::Save; LoadModule and Program run it");
  }
  absl::StatusOr<ModelConfig> config = ModelConfigFromJson(json->second, impl.registry());
  if (!config.ok()) return Annotate(config.status(), path);
  impl.options.name = config->name;
  impl.options.seed = config->seed;
  impl.training = std::move(config->training);
  impl.input = std::move(config->input);
  impl.list.layers = std::move(config->layers);
  impl.sample_weights = config->sample_weights;
  // The file's own functions run; what is recorded here says which variables belong to which layer and metric.
  absl::Status built = impl.Rebuild({}, loaded.module);
  if (built.ok()) built = CheckVariables(*loaded.module, *impl.recorded.module);
  if (built.ok()) built = impl.engine->Set(loaded.variables);
  if (!built.ok()) return Annotate(built, path);
  return model;
}

}  // namespace weft
