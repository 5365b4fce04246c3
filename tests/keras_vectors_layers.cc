#include "tests/keras_vectors_layers.h"

#include <algorithm>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "core/status.h"
#include "graph/autodiff/gradients.h"
#include "models/config_json.h"
#include "models/registry.h"
#include "ops/all_ops.h"
#include "ops/shape/shape.h"

namespace weft {
namespace {

struct DeclaredWeight {
  std::string name;
  Shape shape;
  bool trainable;
};

class Declarations : public WeightBuilder {
 public:
  using WeightBuilder::Add;
  void Add(absl::string_view name, const Shape& shape, const InitializerRef&, Options options) override {
    weights.push_back({std::string(name), shape, options.trainable});
  }
  const OpRegistry& registry() const override { return AllOps(); }
  std::vector<DeclaredWeight> weights;
};

class Context : public CallContext {
 public:
  Context(GraphBuilder& builder, bool training, std::vector<Value> masks)
      : CallContext(std::move(masks)), builder_(builder), training_(training) {}
  GraphBuilder& builder() override { return builder_; }
  bool training() const override { return training_; }
  Value Weight(absl::string_view name) override {
    auto it = weights.find(name);
    return it == weights.end() ? builder_.Error(InvalidArgument("the layer declared no weight '", name, "'"))
                               : it->second;
  }
  void Update(absl::string_view name, Value value) override {
    if (training_) UpdateState(name, value);
  }
  void UpdateState(absl::string_view name, Value value) override { updates[std::string(name)] = value; }
  Value random_key() override { return builder_.Constant(Tensor::ScalarInt(DType::kInt64, 1)); }
  Value random_step() override { return builder_.Constant(Tensor::ScalarInt(DType::kInt64, 1)); }
  void AddLoss(Value) override {}
  Value Activate(const ActivationRef& activation, Value x) override {
    const Composition* composition = AllOps().FindComposition(activation.name);
    if (composition == nullptr) return builder_.Error(Unimplemented("no activation '", activation.name, "'"));
    AttrMap args = activation.args;
    for (const AttrSpec& spec : composition->args) {
      if (args.Find(spec.name) == nullptr) args = args.With(spec.name, *spec.default_value);
    }
    return composition->record(x, args);
  }
  absl::flat_hash_map<std::string, Value> weights, updates;

 private:
  GraphBuilder& builder_;
  bool training_;
};

}  // namespace

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
  std::vector<Value> masks;
  for (const std::shared_ptr<Layer>& layer : layers) {
    std::vector<TensorType> types;
    for (const Value& v : stack.outputs) types.push_back(v.type());
    Declarations declared;
    WEFT_RETURN_IF_ERROR(layer->Build(declared, types));
    Context context(builder, training, masks);
    std::vector<std::string> state_names;
    for (const DeclaredWeight& weight : declared.weights) {
      size_t index = stack.weights.size();
      if (index >= weight_values.size()) return InvalidArgument("more weights than Keras has");
      const Shape in_file = Shape::FromDims(weight_values[index].dims());
      const bool scalar = weight.shape.rank() == 0 && in_file == Shape{1};  // the files have no scalars
      if (in_file != weight.shape && !scalar) {
        return InvalidArgument("weight ", index, " (", weight.name, ") is ", weight.shape.ToString(), ", Keras has ",
                               DimsToString(weight_values[index].dims()));
      }
      Value value = builder.Input(absl::StrCat("weight", index), {weight_values[index].dtype(), in_file});
      stack.weights.push_back(value);
      stack.trainable.push_back(weight.trainable);
      if (scalar) value = Reshape(value, {});
      context.weights[weight.name] = value;
      if (!weight.trainable) state_names.push_back(weight.name);
    }
    stack.outputs = layer->Call(context, stack.outputs);
    WEFT_RETURN_IF_ERROR(builder.status());
    masks.clear();
    for (size_t i = 0; i < stack.outputs.size(); ++i) masks.push_back(context.OutputMask(*layer, static_cast<int>(i)));
    for (const std::string& name : state_names) {
      auto it = context.updates.find(name);
      stack.states.push_back(it == context.updates.end() ? context.weights[name] : it->second);
    }
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
  WEFT_ASSIGN_OR_RETURN(GraphPtr graph, b.Build());
  std::vector<Tensor> arguments = inputs;
  arguments.insert(arguments.end(), weights.begin(), weights.end());
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
