#include "models/model_json.h"

#include "core/status.h"
#include "models/config_names.h"
#include "models/config_reader.h"
#include "models/config_writer.h"
#include "models/layer_names.h"

namespace weft {
namespace {

using config_internal::InJson;
using config_internal::Json;

constexpr int kFormat = 1;

const InJson* Find(const InJson& object, const char* key) {
  if (!object.is_object()) return nullptr;
  auto found = object.find(key);
  return found == object.end() ? nullptr : &*found;
}

absl::Status Missing(absl::string_view key) {
  return InvalidArgument("configuration of a model: '", key, "' is missing or of the wrong type");
}

absl::StatusOr<TensorType> ReadInput(const InJson& json) {
  const InJson* dtype = Find(json, "dtype");
  const InJson* shape = Find(json, "shape");
  if (dtype == nullptr || !dtype->is_string()) return Missing("input.dtype");
  if (shape == nullptr || !shape->is_array()) return Missing("input.shape");
  InputOptions options;
  if (const InJson* batch = Find(json, "batch_size"); batch != nullptr) {
    if (!batch->is_number_integer()) return Missing("input.batch_size");
    options.batch_size = batch->get<int64_t>();
  }
  WEFT_ASSIGN_OR_RETURN(options.dtype, ParseKerasName(*dtype->get_ptr<const std::string*>()));
  for (const InJson& dim : *shape) {
    if (!dim.is_number_integer()) return Missing("input.shape");
    options.shape.push_back(dim.get<int64_t>());
  }
  return InputLayer(std::move(options)).type();
}

absl::StatusOr<TrainingSpec> ReadTraining(const InJson& json, const ModelRegistry& registry) {
  TrainingSpec training;
  const InJson* optimizer = Find(json, "optimizer");
  const InJson* loss = Find(json, "loss");
  const InJson* metrics = Find(json, "metrics");
  if (optimizer == nullptr) return Missing("compile.optimizer");
  if (loss == nullptr) return Missing("compile.loss");
  if (metrics == nullptr || !metrics->is_array()) return Missing("compile.metrics");
  WEFT_ASSIGN_OR_RETURN(auto optimizer_object, config_internal::ReadObject(registry, "optimizer", *optimizer, 0));
  training.optimizer = std::static_pointer_cast<Optimizer>(optimizer_object);
  WEFT_ASSIGN_OR_RETURN(auto loss_object, config_internal::ReadObject(registry, "loss", *loss, 0));
  training.loss = std::static_pointer_cast<Loss>(loss_object);
  for (const InJson& metric : *metrics) {
    if (metric.is_string()) {  // "accuracy" picks by shapes, later
      training.metrics.emplace_back(*metric.get_ptr<const std::string*>());
      continue;
    }
    WEFT_ASSIGN_OR_RETURN(auto object, config_internal::ReadObject(registry, "metric", metric, 0));
    training.metrics.emplace_back(std::static_pointer_cast<Metric>(object));
  }
  return training;
}

}  // namespace

std::string ToJson(const ModelConfig& model) {
  Json shape = Json::array();
  for (int axis = 1; axis < model.input.rank(); ++axis) shape.push_back(model.input.shape[axis].value());
  Json layers = Json::array();
  for (const NamedLayer& layer : model.layers) {
    Json json = config_internal::WriteObject(*layer.layer);
    json["config"]["name"] = layer.name;
    layers.push_back(std::move(json));
  }
  Json json = {
      {"format", kFormat},
      {"class_name", "Sequential"},
      {"name", model.name},
      {"seed", model.seed},
      {"input", {{"dtype", std::string(KerasName(model.input.dtype))}, {"shape", std::move(shape)}}},
      {"layers", std::move(layers)},
      {"sample_weights", model.sample_weights},
  };
  if (model.input.shape[0].is_constant()) json["input"]["batch_size"] = model.input.shape[0].value();
  if (model.training.has_value()) {
    Json metrics = Json::array();
    for (const MetricRef& metric : model.training->metrics) metrics.push_back(config_internal::WriteRef(metric));
    json["compile"] = {{"optimizer", config_internal::WriteObject(*model.training->optimizer)},
                       {"loss", config_internal::WriteObject(*model.training->loss)},
                       {"metrics", std::move(metrics)}};
  }
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

absl::StatusOr<ModelConfig> ModelConfigFromJson(absl::string_view text, const ModelRegistry& registry) {
  WEFT_ASSIGN_OR_RETURN(InJson json, config_internal::ParseJson(text));
  const InJson* format = Find(json, "format");
  const InJson* class_name = Find(json, "class_name");
  if (format == nullptr || !format->is_number_integer()) return Missing("format");
  if (*format != kFormat) {
    return Unimplemented("configuration of a model: format ", config_internal::Shown(*format),
                         "; this version of Weft reads ", kFormat);
  }
  if (class_name == nullptr || *class_name != "Sequential") {
    return Unimplemented("configuration of a model: only the class Sequential can be loaded");
  }
  const InJson* name = Find(json, "name");
  const InJson* seed = Find(json, "seed");
  const InJson* input = Find(json, "input");
  const InJson* layers = Find(json, "layers");
  const InJson* sample_weights = Find(json, "sample_weights");
  if (name == nullptr || !name->is_string()) return Missing("name");
  if (seed == nullptr || !seed->is_number_unsigned()) return Missing("seed");
  if (input == nullptr) return Missing("input");
  if (layers == nullptr || !layers->is_array()) return Missing("layers");
  if (sample_weights == nullptr || !sample_weights->is_boolean()) return Missing("sample_weights");

  ModelConfig model;
  model.name = *name->get_ptr<const std::string*>();
  model.seed = seed->get<uint64_t>();
  model.sample_weights = sample_weights->get<bool>();
  WEFT_ASSIGN_OR_RETURN(model.input, ReadInput(*input));
  std::vector<LayerRef> refs;
  for (const InJson& layer : *layers) {
    WEFT_ASSIGN_OR_RETURN(auto object, config_internal::ReadObject(registry, "layer", layer, 0));
    refs.emplace_back(std::static_pointer_cast<Layer>(object));
  }
  WEFT_ASSIGN_OR_RETURN(LayerList list, NameLayers(refs, registry));
  model.layers = std::move(list.layers);
  if (const InJson* compile = Find(json, "compile"); compile != nullptr) {
    WEFT_ASSIGN_OR_RETURN(model.training, ReadTraining(*compile, registry));
  }
  return model;
}

}  // namespace weft
