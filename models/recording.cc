#include "models/recording.h"

#include "absl/strings/str_cat.h"
#include "core/status.h"
#include "models/layer_options.h"
#include "models/recording_context.h"
#include "models/recording_training.h"

namespace weft {
namespace recording_internal {

std::string LayerTitle(const NamedLayer& layer) {
  return absl::StrCat("layer ", layer.name, " (", layer.layer->class_name(), ")");
}

absl::StatusOr<MaskedValue> CallLayer(GraphBuilder& builder, VariableSet& variables, const NamedLayer& layer,
                                      bool training, const MaskedValue& x, std::vector<Value>& losses) {
  GraphBuilder::Scope scope(builder, layer.name);
  LayerContext context(builder, variables, layer, training, losses, x.mask);
  const std::vector<Value> outputs = layer.layer->Call(context, {&x.value, 1});
  WEFT_RETURN_IF_ERROR(builder.status());
  if (outputs.size() != 1) {
    const std::string why = WhySeveralOutputs(*layer.layer);
    return InvalidArgument(LayerTitle(layer), ": a layer of a Sequential has one output, this one has ", outputs.size(),
                           why.empty() ? "" : "; ", why);
  }
  if (!outputs[0].ok()) return Internal(LayerTitle(layer), ": Call returned no value");
  return MaskedValue{outputs[0], context.OutputMask(*layer.layer)};
}

absl::StatusOr<MaskedValue> CallLayers(GraphBuilder& builder, VariableSet& variables, const ModelSpec& spec,
                                       bool training, Value input, std::vector<Value>& losses) {
  MaskedValue x{input, Value()};
  for (const NamedLayer& layer : spec.layers) {
    WEFT_ASSIGN_OR_RETURN(x, CallLayer(builder, variables, layer, training, x, losses));
  }
  return x;
}

// Declares the weights of each layer as it comes, since a layer's input type is what the one before it made.
absl::Status RecordPredict(const ModelSpec& spec, VariableSet& variables, RecordedModel& model) {
  GraphBuilder builder(*spec.ops, model.module.get());
  MaskedValue x{builder.Input("x", spec.input), Value()};
  std::vector<Value> losses;
  for (const NamedLayer& layer : spec.layers) {
    model.layer_variables.emplace_back();
    LayerWeights weights(variables, layer, spec, model.layer_variables.back());
    absl::Status status = CheckActivations(*layer.layer, *spec.ops);
    if (status.ok()) status = layer.layer->Build(weights, {&x.value.type(), 1});
    if (status.ok()) status = weights.status();
    if (!status.ok()) return Annotate(status, LayerTitle(layer));
    WEFT_ASSIGN_OR_RETURN(x, CallLayer(builder, variables, layer, /*training=*/false, x, losses));
    model.layer_outputs.push_back(x.value.type());
  }
  model.output = x.value.type();
  builder.Output("y", x.value);
  WEFT_ASSIGN_OR_RETURN(GraphPtr graph, builder.Build());
  return model.module->AddFunction(kPredictFunction, std::move(graph));
}

}  // namespace recording_internal

absl::StatusOr<RecordedModel> RecordModel(const ModelSpec& spec) {
  RecordedModel model;
  model.module = std::make_shared<Module>(*spec.ops);
  recording_internal::VariableSet variables(*model.module);
  WEFT_RETURN_IF_ERROR(recording_internal::RecordPredict(spec, variables, model));
  if (spec.training.has_value()) {
    WEFT_RETURN_IF_ERROR(recording_internal::RecordTraining(spec, variables, model));
  }
  WEFT_ASSIGN_OR_RETURN(GraphPtr init, variables.RecordInit());
  WEFT_RETURN_IF_ERROR(model.module->AddFunction(kInitFunction, std::move(init)));
  return model;
}

std::string MetricVariableName(absl::string_view metric, absl::string_view accumulator) {
  return absl::StrCat("metrics/", metric, "/", accumulator);
}

}  // namespace weft
