// Activations, losses, metrics, optimizers, schedules.
#include "absl/strings/str_cat.h"
#include "core/status.h"
#include "graph/autodiff/gradients.h"
#include "models/config_json.h"
#include "models/losses/loss.h"
#include "models/metrics/metric.h"
#include "models/optimizers/apply.h"
#include "models/optimizers/optimizer.h"
#include "models/registry.h"
#include "ops/all_ops.h"
#include "tests/keras_vectors_case.h"

namespace weft {
namespace {

// The object of {class, config}; Unimplemented where the class does not exist.
template <typename T>
absl::StatusOr<std::shared_ptr<T>> ObjectOf(const char* kind, const nlohmann::json& config) {
  std::string class_name = config.value("class", "");
  if (!DefaultModelRegistry().Create(kind, class_name).ok()) return Unimplemented("no ", kind, " ", class_name);
  WEFT_ASSIGN_OR_RETURN(auto object, FromConfig(DefaultModelRegistry(), kind, class_name, config.at("config").dump()));
  return std::static_pointer_cast<T>(object);
}

// A JSON value for an argument of this kind.
absl::StatusOr<AttrValue> ArgumentOf(const AttrSpec& spec, const nlohmann::json& value) {
  if (spec.kind == AttrKind::kFloat && value.is_number()) return AttrValue(value.get<double>());
  if (spec.kind == AttrKind::kInt && value.is_number_integer()) return AttrValue(value.get<int64_t>());
  if (spec.kind == AttrKind::kBool && value.is_boolean()) return AttrValue(value.get<bool>());
  return InvalidArgument("argument ", spec.name, ": ", value.dump(), " is not of its kind");
}

}  // namespace

absl::Status RunActivationCase(const VectorCase& c) {
  std::string name = c.config.value("name", "");
  const Composition* composition = AllOps().FindComposition(name);
  if (composition == nullptr) return Unimplemented("no activation ", name);
  AttrMap args;
  for (const AttrSpec& spec : composition->args) args = args.With(spec.name, *spec.default_value);
  for (const auto& [key, value] : c.config.at("args").items()) {
    auto spec = std::find_if(composition->args.begin(), composition->args.end(),
                             [&k = key](const AttrSpec& s) { return s.name == k; });
    if (spec == composition->args.end()) return InvalidArgument("activation ", name, " has no argument ", key);
    WEFT_ASSIGN_OR_RETURN(AttrValue argument, ArgumentOf(*spec, value));
    args = args.With(key, std::move(argument));
  }
  WEFT_ASSIGN_OR_RETURN(Tensor x, c.Get("x"));
  WEFT_ASSIGN_OR_RETURN(Tensor cotangent, c.Get("cotangent"));
  GraphBuilder b(AllOps());
  Value in = InputLike(b, "x", x), dy = InputLike(b, "dy", cotangent);
  Value y = composition->record(in, args);
  WEFT_RETURN_IF_ERROR(b.status());
  WEFT_ASSIGN_OR_RETURN(std::vector<Value> dx, Gradients({y}, {in}, {dy}));
  b.Output("y", y);
  b.Output("dx", dx[0]);
  WEFT_ASSIGN_OR_RETURN(GraphPtr graph, b.Build());
  WEFT_ASSIGN_OR_RETURN(std::vector<Tensor> results, RunOnKernels(graph, {x, cotangent}));
  WEFT_ASSIGN_OR_RETURN(Tensor want_y, c.Get("y"));
  WEFT_ASSIGN_OR_RETURN(Tensor want_dx, c.Get("dx"));
  WEFT_RETURN_IF_ERROR(CompareTensors("y", results[0], want_y, 1e-5));
  return CompareTensors("dx", results[1], want_dx, 1e-5);
}

absl::Status RunLossCase(const VectorCase& c) {
  WEFT_ASSIGN_OR_RETURN(std::shared_ptr<Loss> loss, ObjectOf<Loss>("loss", c.config));
  WEFT_ASSIGN_OR_RETURN(Tensor y_true, c.Get("y_true"));
  WEFT_ASSIGN_OR_RETURN(Tensor y_pred, c.Get("y_pred"));
  GraphBuilder b(AllOps());
  Value t = InputLike(b, "y_true", y_true), p = InputLike(b, "y_pred", y_pred);
  Value value = loss->Record(b, t, p, Value());
  WEFT_RETURN_IF_ERROR(b.status());
  // The vectors hold the gradient of the sum.
  WEFT_ASSIGN_OR_RETURN(std::vector<Value> dp, Gradients({value}, {p}));
  b.Output("value", value);
  b.Output("dy_pred", dp[0]);
  WEFT_ASSIGN_OR_RETURN(GraphPtr graph, b.Build());
  WEFT_ASSIGN_OR_RETURN(std::vector<Tensor> results, RunOnKernels(graph, {y_true, y_pred}));
  WEFT_ASSIGN_OR_RETURN(Tensor want, c.Get("value"));
  WEFT_ASSIGN_OR_RETURN(Tensor want_dp, c.Get("dy_pred"));
  WEFT_RETURN_IF_ERROR(CompareTensors("value", results[0], want, 1e-5));
  return CompareTensors("dy_pred", results[1], want_dp, 1e-5);
}

absl::Status RunMetricCase(const VectorCase& c) {
  WEFT_ASSIGN_OR_RETURN(std::shared_ptr<Metric> metric, ObjectOf<Metric>("metric", c.config));
  std::vector<Tensor> y_true = c.All("y_true"), y_pred = c.All("y_pred");
  std::vector<Tensor> sums;
  for (size_t batch = 0; batch < y_true.size() && batch < y_pred.size(); ++batch) {
    GraphBuilder b(AllOps());
    std::vector<Tensor> arguments = {y_true[batch], y_pred[batch]};
    Value t = InputLike(b, "y_true", y_true[batch]), p = InputLike(b, "y_pred", y_pred[batch]);
    std::vector<Value> before;
    for (const Metric::Accumulator& accumulator : metric->accumulators(p.type())) {
      if (sums.size() <= before.size()) {
        WEFT_ASSIGN_OR_RETURN(Dims dims, accumulator.type.shape.Evaluate({}));
        WEFT_ASSIGN_OR_RETURN(Tensor zero, Tensor::Create(accumulator.type.dtype, dims));
        sums.push_back(std::move(zero));
      }
      arguments.push_back(sums[before.size()]);
      before.push_back(b.Input(absl::StrCat("sum_", accumulator.name), accumulator.type));
    }
    std::vector<Value> after = metric->Update(b, t, p, Value(), before);
    for (size_t i = 0; i < after.size(); ++i) b.Output(absl::StrCat("sum", i), after[i]);
    WEFT_ASSIGN_OR_RETURN(GraphPtr graph, b.Build());
    WEFT_ASSIGN_OR_RETURN(sums, RunOnKernels(graph, arguments));
  }
  WEFT_ASSIGN_OR_RETURN(Tensor want, c.Get("value"));
  return CompareTensors("value", Tensor::Scalar(DType::kFloat64, metric->Result(sums)), want, 1e-5);
}

absl::Status RunOptimizerCase(const VectorCase& c) {
  WEFT_ASSIGN_OR_RETURN(std::shared_ptr<Optimizer> optimizer, ObjectOf<Optimizer>("optimizer", c.config));
  std::vector<Tensor> state = c.All("var");  // variables, then their slots
  const size_t n = state.size();
  const std::vector<Slot> slots = optimizer->slots();
  for (size_t i = 0; i < n; ++i) {
    for (const Slot& slot : slots) {
      WEFT_ASSIGN_OR_RETURN(Tensor tensor, Tensor::Create(DType::kFloat32, state[i].dims()));
      for (float& value : tensor.mutable_data<float>()) value = static_cast<float>(slot.initial_value);
      state.push_back(std::move(tensor));
    }
  }
  // One step as a function: (iterations, rate, variables and slots, gradients) -> new variables and slots.
  GraphBuilder b(AllOps());
  Value iterations = b.Input("iterations", {DType::kInt64, {}}), variable_rate = b.Input("rate", {DType::kFloat32, {}});
  std::vector<Value> values, gradients;
  for (size_t i = 0; i < state.size(); ++i) values.push_back(InputLike(b, absl::StrCat("state", i), state[i]));
  for (size_t i = 0; i < n; ++i) gradients.push_back(InputLike(b, absl::StrCat("gradient", i), state[i]));
  Value rate = RecordLearningRate(*optimizer, b, iterations, variable_rate);
  std::vector<VariableGradient> variables;
  for (size_t i = 0; i < n; ++i) {
    auto first = values.begin() + static_cast<std::ptrdiff_t>(n + i * slots.size());
    variables.push_back(
        {absl::StrCat("var", i), values[i], gradients[i], {first, first + static_cast<std::ptrdiff_t>(slots.size())}});
  }
  WEFT_ASSIGN_OR_RETURN(auto updated, ApplyGradients(*optimizer, {b, rate, iterations}, variables));
  for (size_t i = 0; i < n; ++i) b.Output(absl::StrCat("var", i), updated[i].variable);
  for (size_t i = 0; i < n; ++i) {
    for (size_t k = 0; k < slots.size(); ++k) b.Output(absl::StrCat("slot", i, "_", k), updated[i].slots[k]);
  }
  WEFT_ASSIGN_OR_RETURN(GraphPtr graph, b.Build());
  for (int step = 0; c.tensors.contains(absl::StrCat("grad", step, "_0")); ++step) {
    std::vector<Tensor> arguments = {Tensor::ScalarInt(DType::kInt64, step),
                                     Tensor::Scalar(DType::kFloat32, optimizer->learning_rate().value)};
    arguments.insert(arguments.end(), state.begin(), state.end());
    for (size_t i = 0; i < n; ++i) {
      WEFT_ASSIGN_OR_RETURN(Tensor gradient, c.Get(absl::StrCat("grad", step, "_", i)));
      arguments.push_back(std::move(gradient));
    }
    WEFT_ASSIGN_OR_RETURN(state, RunOnKernels(graph, arguments));
    for (size_t i = 0; i < n; ++i) {
      std::string name = absl::StrCat("var", i, "_after", step);
      WEFT_ASSIGN_OR_RETURN(Tensor want, c.Get(name));
      WEFT_RETURN_IF_ERROR(CompareTensors(name, state[i], want, 1e-5));
    }
  }
  return absl::OkStatus();
}

absl::Status RunScheduleCase(const VectorCase& c) {
  WEFT_ASSIGN_OR_RETURN(std::shared_ptr<Schedule> schedule, ObjectOf<Schedule>("schedule", c.config));
  WEFT_ASSIGN_OR_RETURN(Tensor steps, c.Get("steps"));
  WEFT_ASSIGN_OR_RETURN(Tensor want, c.Get("values"));
  GraphBuilder b(AllOps());
  b.Output("rate", schedule->Record(b, b.Input("iterations", {DType::kInt64, {}})));
  WEFT_ASSIGN_OR_RETURN(GraphPtr graph, b.Build());
  WEFT_ASSIGN_OR_RETURN(Tensor got, Tensor::Create(DType::kFloat32, want.dims()));
  for (int64_t i = 0; i < steps.num_elements(); ++i) {
    WEFT_ASSIGN_OR_RETURN(std::vector<Tensor> rate,
                          RunOnKernels(graph, {Tensor::ScalarInt(DType::kInt64, steps.AtInt(i))}));
    got.mutable_data<float>()[i] = rate[0].data<float>()[0];
  }
  return CompareTensors("values", got, want, 1e-5);
}

}  // namespace weft
