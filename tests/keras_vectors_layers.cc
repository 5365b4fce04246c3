#include "tests/keras_vectors_layers.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "core/status.h"
#include "graph/autodiff/gradients.h"
#include "models/config_json.h"
#include "models/layers/testing/record_layer.h"
#include "models/registry.h"
#include "ops/all_ops.h"

namespace weft {

absl::StatusOr<std::vector<std::shared_ptr<Layer>>> LayersOf(const nlohmann::json& configs) {
  std::vector<std::shared_ptr<Layer>> layers;
  for (const nlohmann::json& entry : configs) {
    std::string class_name = entry.value("class", "");
    if (!DefaultModelRegistry().Create("layer", class_name).ok()) return Unimplemented("no layer ", class_name);
    for (const auto& [key, value] : entry.at("config").items()) {
      const bool missing = absl::EndsWith(key, "_regularizer") || absl::EndsWith(key, "_constraint");
      if (missing && !value.is_null()) return Unimplemented("no ", key, " of layer ", class_name);
    }
    WEFT_ASSIGN_OR_RETURN(auto object,
                          FromConfig(DefaultModelRegistry(), "layer", class_name, entry.at("config").dump()));
    layers.push_back(std::static_pointer_cast<Layer>(object));
  }
  return layers;
}

absl::StatusOr<RecordedStack> RecordStack(GraphBuilder& builder, absl::Span<const std::shared_ptr<Layer>> layers,
                                          std::vector<Value> inputs, absl::Span<const Tensor> weight_values,
                                          bool training) {
  RecordedStack stack;
  stack.outputs = std::move(inputs);
  RecordLayerOptions options;
  options.training = training;
  for (const std::shared_ptr<Layer>& layer : layers) {
    options.weight_prefix = absl::StrCat("layer", stack.weights.size(), "/");
    WEFT_ASSIGN_OR_RETURN(RecordedLayer recorded, RecordLayer(builder, *layer, stack.outputs, options));
    for (const RecordedWeight& weight : recorded.weights) {
      const size_t index = stack.weights.size();
      if (index >= weight_values.size()) return InvalidArgument("more weights than Keras has");
      const TensorType& type = weight.value.type();
      const Shape in_file = Shape::FromDims(weight_values[index].dims());
      const bool scalar = type.rank() == 0 && in_file == Shape{1};  // the files have no scalars
      if (in_file != type.shape && !scalar) {
        return InvalidArgument("weight ", index, " (", weight.name, ") is ", type.shape.ToString(), ", Keras has ",
                               DimsToString(weight_values[index].dims()));
      }
      stack.weights.push_back(weight.value);
      stack.trainable.push_back(weight.trainable);
      if (weight.trainable) continue;
      stack.states.push_back(weight.value);
      for (const auto& [name, value] : recorded.updates) {
        if (name == weight.name) stack.states.back() = value;
      }
    }
    stack.outputs = recorded.outputs;
    options.masks = recorded.masks;
  }
  if (stack.weights.size() != weight_values.size()) {
    return InvalidArgument(stack.weights.size(), " weights, Keras has ", weight_values.size());
  }
  return stack;
}

absl::Status RunLayerCase(const VectorCase& c) {
  WEFT_ASSIGN_OR_RETURN(auto layers, LayersOf(c.config.at("layers")));
  std::vector<Tensor> inputs = c.All("input"), weights = c.All("weight");
  WEFT_ASSIGN_OR_RETURN(Tensor cotangent, c.Get("cotangent"));
  GraphBuilder b(AllOps());
  std::vector<Value> xs;
  for (size_t i = 0; i < inputs.size(); ++i) xs.push_back(InputLike(b, absl::StrCat("input", i), inputs[i]));
  WEFT_ASSIGN_OR_RETURN(RecordedStack stack, RecordStack(b, layers, xs, weights, c.config.value("training", false)));
  Value dy = InputLike(b, "cotangent", cotangent);
  std::vector<Value> wrt;
  std::vector<std::string> names;
  int next = 0;
  for (const Value& x : xs) {
    if (!IsFloat(x.dtype())) continue;
    wrt.push_back(x);
    names.push_back(absl::StrCat("dinput", next++));
  }
  next = 0;
  for (size_t i = 0; i < stack.weights.size(); ++i) {
    if (!stack.trainable[i]) continue;
    wrt.push_back(stack.weights[i]);
    names.push_back(absl::StrCat("dweight", next++));
  }
  b.Output("output", stack.outputs[0]);
  if (!wrt.empty()) {
    WEFT_ASSIGN_OR_RETURN(std::vector<Value> gradients, Gradients({stack.outputs[0]}, wrt, {dy}));
    for (size_t i = 0; i < gradients.size(); ++i) b.Output(names[i], gradients[i]);
  }
  for (size_t i = 0; i < stack.states.size(); ++i) {
    names.push_back(absl::StrCat("state", i));
    b.Output(names.back(), stack.states[i]);
  }
  std::vector<Tensor> arguments = inputs;
  for (size_t i = 0; i < weights.size(); ++i) {
    const bool scalar = stack.weights[i].rank() == 0;
    WEFT_ASSIGN_OR_RETURN(Tensor weight, weights[i].Reshaped(scalar ? Dims{} : weights[i].dims()));
    arguments.push_back(std::move(weight));
  }
  WEFT_ASSIGN_OR_RETURN(GraphPtr graph, b.Build());
  arguments.push_back(cotangent);
  WEFT_ASSIGN_OR_RETURN(std::vector<Tensor> results, RunOnKernels(graph, arguments));
  WEFT_ASSIGN_OR_RETURN(Tensor output, c.Get("output"));
  WEFT_RETURN_IF_ERROR(CompareTensors("output", results[0], output, 1e-5));
  // A gradient that is a sum of terms which cancel (of a scale; of a bias that a softmax does not see) is known no
  // better than its terms: to a few roundings of the largest gradients of the case.
  double floor = 0;
  for (const std::string& name : names) {
    if (name[0] != 'd') continue;
    WEFT_ASSIGN_OR_RETURN(Tensor want, c.Get(name));
    floor = std::max(floor, 3e-6 * LargestMagnitude(want));
  }
  for (size_t i = 0; i < names.size(); ++i) {
    WEFT_ASSIGN_OR_RETURN(Tensor want, c.Get(names[i]));
    WEFT_RETURN_IF_ERROR(CompareTensors(names[i], results[i + 1], want, 1e-5, names[i][0] == 'd' ? floor : 0));
  }
  return absl::OkStatus();
}

}  // namespace weft
