// Optimizers against the same formulas in double, and what surrounds them: clipping, weight decay, configurations.
#include <cmath>
#include <functional>
#include <map>

#include "core/philox.h"
#include "core/testing/status_matchers.h"
#include "gtest/gtest.h"
#include "models/config_json.h"
#include "models/losses/testing/record_and_run.h"
#include "models/optimizers/adam.h"
#include "models/optimizers/all_optimizers.h"
#include "models/optimizers/apply.h"
#include "models/optimizers/rmsprop.h"
#include "models/optimizers/schedules.h"
#include "models/optimizers/sgd.h"
#include "models/optimizers/testing/stepper.h"
#include "ops/elementwise/elementwise.h"

namespace weft {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

const ModelRegistry& Registry() {
  static const ModelRegistry& registry = *[] {
    auto* made = new ModelRegistry;
    EXPECT_THAT(AddAllOptimizers(*made), IsOk());
    return made;
  }();
  return registry;
}

Tensor Normal(std::vector<int64_t> dims, uint64_t seed) {
  Tensor tensor = Tensor::Create(DType::kFloat32, dims).value();
  PhiloxStream random(seed);
  for (float& x : tensor.mutable_data<float>()) x = static_cast<float>(random.Normal());
  return tensor;
}

// One element of a variable, and its state, in double.
struct Element {
  double w = 0;
  std::map<std::string, double> slots;
};
using DoubleUpdate = std::function<void(Element& e, double g, double lr, int t)>;

struct Formula {
  std::string name;
  OptimizerRef optimizer;
  DoubleUpdate update;
};

std::vector<Formula> Formulas() {
  auto sgd = [](double momentum, bool nesterov) -> DoubleUpdate {
    return [=](Element& e, double g, double lr, int) {
      double& m = e.slots["momentum"];
      m = momentum * m - lr * g;
      e.w += nesterov ? momentum * m - lr * g : m;
    };
  };
  auto rmsprop = [](double rho, double momentum, bool centered) -> DoubleUpdate {
    return [=](Element& e, double g, double lr, int) {
      double &v = e.slots["velocity"], &a = e.slots["average"], &m = e.slots["momentum"];
      v = rho * v + (1 - rho) * g * g;
      a = rho * a + (1 - rho) * g;
      m = momentum * m + lr * g / std::sqrt(v - (centered ? a * a : 0) + 1e-7);
      e.w -= m;
    };
  };
  auto adam = [](double b1, double b2, bool amsgrad) -> DoubleUpdate {
    return [=](Element& e, double g, double lr, int t) {
      double &m = e.slots["m"], &v = e.slots["v"], &h = e.slots["h"];
      m = b1 * m + (1 - b1) * g;
      v = b2 * v + (1 - b2) * g * g;
      h = amsgrad ? std::max(h, v) : v;
      e.w -= lr * std::sqrt(1 - std::pow(b2, t)) / (1 - std::pow(b1, t)) * m / (std::sqrt(h) + 1e-7);
    };
  };
  return {
      {"sgd", SGD(), sgd(0, false)},
      {"sgd_momentum", SGD({.learning_rate = 0.1, .momentum = 0.8}), sgd(0.8, false)},
      {"sgd_nesterov", SGD({.learning_rate = 0.1, .momentum = 0.8, .nesterov = true}), sgd(0.8, true)},
      {"rmsprop", RMSprop(), rmsprop(0.9, 0, false)},
      {"rmsprop_momentum", RMSprop({.rho = 0.8, .momentum = 0.5}), rmsprop(0.8, 0.5, false)},
      {"rmsprop_centered", RMSprop({.momentum = 0.5, .centered = true}), rmsprop(0.9, 0.5, true)},
      {"adam", Adam(), adam(0.9, 0.999, false)},
      {"adam_amsgrad", Adam({.beta_1 = 0.8, .beta_2 = 0.9, .amsgrad = true}), adam(0.8, 0.9, true)},
      {"adamw", AdamW({.weight_decay = 0.1}), adam(0.9, 0.999, false)},
      {"sgd_decay", SGD({.weight_decay = 0.2}), sgd(0, false)},
  };
}

TEST(OptimizersTest, UpdatesAreTheFormulas) {
  for (const Formula& formula : Formulas()) {
    SCOPED_TRACE(formula.name);
    const Optimizer& optimizer = *formula.optimizer.get();
    const double lr = optimizer.learning_rate().value;
    const double decay = optimizer.common().weight_decay.value_or(0);
    const std::vector<int64_t> dims = {3, 7};
    Stepper stepper(optimizer, {Normal(dims, 1)});
    std::vector<Element> expected(21);
    for (int i = 0; i < 21; ++i) expected[i].w = stepper.variable(0).AtDouble(i);
    for (int t = 1; t <= 8; ++t) {
      const Tensor gradient = Normal(dims, 10 + t);
      WEFT_ASSERT_OK(stepper.Step({gradient}));
      for (int i = 0; i < 21; ++i) {
        expected[i].w -= expected[i].w * decay * lr;
        formula.update(expected[i], gradient.AtDouble(i), lr, t);
        EXPECT_NEAR(stepper.variable(0).AtDouble(i), expected[i].w, 3e-6) << "element " << i << " step " << t;
      }
    }
  }
}

TEST(OptimizersTest, KernelsGiveWhatTheReferenceGives) {
  for (const Formula& formula : Formulas()) {
    SCOPED_TRACE(formula.name);
    Stepper kernels(*formula.optimizer.get(), {Normal({3, 7}, 1), Normal({5}, 2)});
    Stepper reference(*formula.optimizer.get(), {Normal({3, 7}, 1), Normal({5}, 2)}, Stepper::Runner::kReference);
    for (int t = 0; t < 3; ++t) {
      const std::vector<Tensor> gradients = {Normal({3, 7}, 10 + t), Normal({5}, 20 + t)};
      WEFT_ASSERT_OK(kernels.Step(gradients));
      WEFT_ASSERT_OK(reference.Step(gradients));
      EXPECT_LT(RelativeError(kernels.variable(0), reference.variable(0)), 1e-6);
      EXPECT_LT(RelativeError(kernels.variable(1), reference.variable(1)), 1e-6);
    }
  }
}

// So that an update fuses with the product that computes its gradient.
TEST(OptimizersTest, UpdatesAreElementwise) {
  for (const Formula& formula : Formulas()) {
    SCOPED_TRACE(formula.name);
    const Optimizer& optimizer = *formula.optimizer.get();
    const TensorType type{DType::kFloat32, {3, 7}}, scalar{DType::kFloat32, {}};
    std::vector<TensorType> inputs = {{DType::kInt64, {}}, scalar, type, type};
    inputs.resize(4 + optimizer.slots().size(), type);
    auto graph = RecordGraph(inputs, [&](GraphBuilder& builder, absl::Span<const Value> in) {
      const std::vector<Value> slots(in.begin() + 4, in.end());
      auto results = ApplyGradients(optimizer, {builder, in[1], in[0]}, {{"w", in[2], in[3], slots}});
      EXPECT_THAT(results, IsOk());
      std::vector<Value> outputs = {(*results)[0].variable};
      outputs.insert(outputs.end(), (*results)[0].slots.begin(), (*results)[0].slots.end());
      EXPECT_EQ(outputs.size(), 1 + slots.size());
      return outputs;
    });
    WEFT_ASSERT_OK(graph);
    int of_variable = 0;
    for (const Node& node : (*graph)->nodes()) {
      if (IsInput(node) || (*graph)->type(node.first_output).rank() == 0) continue;
      ++of_variable;
      EXPECT_TRUE(node.op->elementwise.has_value()) << node.op->name;
      EXPECT_EQ((*graph)->type(node.first_output), type) << node.op->name;
    }
    EXPECT_GE(of_variable, 2);
    EXPECT_LE(of_variable, 20);
  }
}

TEST(OptimizersTest, ClippingByValueAndByNorm) {
  const Tensor zeros = F32({4}, {0, 0, 0, 0});
  const Tensor g0 = F32({4}, {3, -4, 0, 0.25}), g1 = F32({1}, {12});
  auto steps = [&](SGDOptions options, const Tensor& a, const Tensor& b) {
    options.learning_rate = 1;
    const SGD sgd(options);
    Stepper stepper(sgd, {zeros, F32({1}, {0})});
    EXPECT_THAT(stepper.Step({a, b}), IsOk());
    std::vector<double> all;
    for (int v : {0, 1}) {
      for (int64_t i = 0; i < stepper.variable(v).num_elements(); ++i) all.push_back(-stepper.variable(v).AtDouble(i));
    }
    return all;
  };
  auto near = [](std::vector<double> values) { return ::testing::Pointwise(::testing::DoubleNear(1e-6), values); };
  const double n0 = std::sqrt(25.0625), n = std::sqrt(25.0625 + 144);
  EXPECT_THAT(steps({.clipvalue = 2}, g0, g1), near({2, -2, 0, 0.25, 2}));
  EXPECT_THAT(steps({.clipnorm = 2}, g0, g1), near({6 / n0, -8 / n0, 0, 0.5 / n0, 2}));
  EXPECT_THAT(steps({.clipnorm = 20}, g0, g1), near({3, -4, 0, 0.25, 12}));
  EXPECT_THAT(steps({.global_clipnorm = 2}, g0, g1), near({6 / n, -8 / n, 0, 0.5 / n, 24 / n}));
  EXPECT_THAT(steps({.global_clipnorm = 20}, g0, g1), near({3, -4, 0, 0.25, 12}));
  // Gradients of zeros stay zeros, and 0 switches clipping off.
  EXPECT_THAT(steps({.clipnorm = 2}, zeros, F32({1}, {0})), near({0, 0, 0, 0, 0}));
  EXPECT_THAT(steps({.global_clipnorm = 2}, zeros, F32({1}, {0})), near({0, 0, 0, 0, 0}));
  EXPECT_THAT(steps({.clipnorm = 0}, g0, g1), near({3, -4, 0, 0.25, 12}));
  // A norm that is not finite is not hidden.
  const std::vector<double> lost = steps({.global_clipnorm = 2}, g0, F32({1}, {INFINITY}));
  for (double x : lost) EXPECT_TRUE(std::isnan(x));
}

TEST(OptimizersTest, WeightDecayComesFirst) {
  const SGD sgd({.learning_rate = 0.5, .weight_decay = 0.5});
  Stepper stepper(sgd, {F32({1}, {8})});
  WEFT_ASSERT_OK(stepper.Step({F32({1}, {2})}));
  EXPECT_EQ(stepper.variable(0).AtDouble(0), 8 - 8 * 0.5 * 0.5 - 0.5 * 2);
}

TEST(OptimizersTest, ScheduleDecidesTheRate) {
  const SGD sgd({.learning_rate = ExponentialDecay({.initial_learning_rate = 1, .decay_steps = 1, .decay_rate = 0.5})});
  Stepper stepper(sgd, {F32({1}, {0})});
  for (double expected : {-1.0, -1.5, -1.75}) {
    WEFT_ASSERT_OK(stepper.Step({F32({1}, {1})}));
    EXPECT_EQ(stepper.variable(0).AtDouble(0), expected);
  }
}

TEST(OptimizersTest, SlotsAndTheirNames) {
  auto names = [](const Optimizer& optimizer) {
    std::vector<std::string> names;
    for (const Slot& slot : optimizer.slots()) names.push_back(slot.name);
    return names;
  };
  EXPECT_THAT(names(SGD()), ElementsAre());
  EXPECT_THAT(names(SGD({.momentum = 0.9})), ElementsAre("momentum"));
  EXPECT_THAT(names(RMSprop({.momentum = 0.1, .centered = true})),
              ElementsAre("velocity", "momentum", "average_gradient"));
  EXPECT_THAT(names(Adam({.amsgrad = true})), ElementsAre("momentum", "velocity", "velocity_hat"));
  EXPECT_EQ(SlotVariableName("dense/kernel", {"momentum"}), "optimizer/dense/kernel/momentum");
}

TEST(OptimizersTest, MistakesAreExplained) {
  EXPECT_THAT(ValidateOptimizer(SGD({.clipnorm = 1, .clipvalue = 2})),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       HasSubstr("SGD: only one of clipnorm, clipvalue and global_clipnorm can be set, received "
                                 "clipnorm=1, clipvalue=2, global_clipnorm=null")));
  EXPECT_THAT(ValidateOptimizer(Adam({.clipnorm = -1})), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("-1")));
  EXPECT_THAT(ValidateOptimizer(SGD({.momentum = 2})),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("[0, 1]")));
  EXPECT_THAT(ValidateOptimizer(Adam({.beta_1 = 1})),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("beta_1")));
  EXPECT_THAT(ValidateOptimizer(RMSprop({.rho = -1})), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("rho")));
  EXPECT_THAT(ValidateOptimizer(SGD({.learning_rate = NAN})),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("learning_rate")));
  EXPECT_THAT(ValidateOptimizer(AdamW({.weight_decay = std::nullopt})),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("AdamW: weight_decay must be given")));
  // What a step is given.
  GraphBuilder builder(TestOps());
  const Value w = builder.Input("w", {DType::kFloat32, {3}}), g = builder.Input("g", {DType::kFloat32, {4}});
  const Value rate = builder.Input("rate", {DType::kFloat32, {}}), t = builder.Input("t", {DType::kInt64, {}});
  EXPECT_THAT(ApplyGradients(SGD(), {builder, rate, t}, {{"dense/kernel", w, g, {}}}),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       HasSubstr("variable 'dense/kernel' is f32[3], but its gradient is f32[4]")));
  EXPECT_THAT(ApplyGradients(Adam(), {builder, rate, t}, {{"dense/kernel", w, w, {w}}}),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("expected 2 slots, received 1")));
  EXPECT_THAT(ApplyGradients(SGD(), {builder, rate, t}, {{"dense/kernel", w, Value(), {}}}),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("no gradient")));
}

// Of the recorded model, not of a process: the same call gives the same graph.
TEST(OptimizersTest, VariablesOfOtherDTypesKeepThem) {
  auto graph = RecordGraph({{DType::kInt64, {}}, {DType::kFloat32, {}}, {DType::kFloat64, {2}}},
                           [](GraphBuilder& builder, absl::Span<const Value> in) -> std::vector<Value> {
                             auto r = ApplyGradients(Adam({.weight_decay = 0.1}), {builder, in[1], in[0]},
                                                     {{"w", in[2], in[2], {in[2], in[2]}}});
                             EXPECT_THAT(r, IsOk());
                             return {(*r)[0].variable};
                           });
  WEFT_ASSERT_OK(graph);
  EXPECT_EQ((*graph)->type((*graph)->outputs()[0].value).ToString(), "f64[2]");
}

std::string Canonical(const std::string& json) {
  auto object = FromConfigJson(Registry(), "optimizer", json);
  EXPECT_THAT(object, IsOk()) << json;
  return object.ok() ? ToConfigJson(**object) : "";
}

TEST(OptimizersTest, ConfigurationsComeBack) {
  const std::string shared =
      R"("weight_decay":0.5,"clipnorm":null,"global_clipnorm":2.5,"clipvalue":null,"use_ema":false,"ema_momentum":0.99,)"
      R"("ema_overwrite_frequency":null,"loss_scale_factor":null,"gradient_accumulation_steps":null,)";
  const std::string rate = R"({"config":{"learning_rate":0.25,)";
  for (const std::string own :
       {R"("momentum":0.5,"nesterov":true}})", R"("rho":0.5,"momentum":0.25,"epsilon":0.125,"centered":true}})",
        R"("beta_1":0.5,"beta_2":0.25,"epsilon":0.125,"amsgrad":true}})"}) {
    const std::string name = own[1] == 'm' ? "SGD" : own[1] == 'r' ? "RMSprop" : "AdamW";
    const std::string json = R"({"class_name":")" + name + R"(",)" + rate.substr(1) + shared + own;
    EXPECT_EQ(Canonical(json), json);
  }
  const std::string scheduled =
      R"({"class_name":"SGD","config":{"learning_rate":{"class_name":"ExponentialDecay","config":)"
      R"({"initial_learning_rate":0.5,"decay_steps":2,"decay_rate":0.25,"staircase":true}}}})";
  EXPECT_THAT(Canonical(scheduled), HasSubstr(scheduled.substr(0, scheduled.size() - 2)));
  // A plain number takes the place of a schedule.
  EXPECT_THAT(Canonical(R"({"class_name":"Adam","config":{"learning_rate":1,"name":"adam"}})"),
              HasSubstr(R"("learning_rate":1.0)"));
}

TEST(OptimizersTest, ConfigurationsThatAreNotHonouredAreRefused) {
  auto status = [](const std::string& config) {
    return FromConfigJson(Registry(), "optimizer", R"({"class_name":"RMSprop","config":)" + config + "}").status();
  };
  WEFT_EXPECT_OK(status("{}"));
  for (const char* bad : {R"({"use_ema":true})", R"({"gradient_accumulation_steps":2})", R"({"loss_scale_factor":2.0})",
                          R"({"ro":0.5})", R"({"rho":"high"})", R"({"rho":3})", R"({"clipnorm":1,"clipvalue":2})",
                          R"({"learning_rate":"ExponentialDecay"})", R"({"learning_rate":{"class_name":"Expo"}})"}) {
    EXPECT_THAT(status(bad), StatusIs(absl::StatusCode::kInvalidArgument)) << bad;
  }
  EXPECT_THAT(Registry().Create("optimizer", "rmspropp").status().message(), HasSubstr("did you mean 'rmsprop'?"));
}

}  // namespace
}  // namespace weft
