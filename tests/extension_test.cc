// What users add, written against public headers alone: an op family, an optimizer, a layer. They are used by name,
// trained, fused, saved and loaded like what Weft ships.
#include <cmath>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_join.h"
#include "core/testing/status_matchers.h"
#include "gmock/gmock.h"
#include "graph/autodiff/gradient_args.h"
#include "graph/exec/program.h"
#include "graph/exec/reference.h"
#include "graph/passes/pipeline.h"
#include "gtest/gtest.h"
#include "models/layers/dense.h"
#include "models/sequential.h"
#include "ops/all_ops.h"
#include "ops/elementwise/elementwise.h"
#include "ops/testing/gradient_sweep.h"
#include "ops/testing/kernel_sweep.h"
#include "tests/train_by_hand.h"

namespace weft {
namespace {

// ---- a family of one op: mish2(x) = x tanh(2 softplus(x)), with a tile kernel of its own

constexpr char kMish2[] = "mish2";

double Mish2Of(double x) { return x * std::tanh(2 * std::log1p(std::exp(x))); }

Value Mish2(Value x) { return x.builder()->Record1(kMish2, {x}, {}, SourceLocation::current()); }

void Mish2Tile(const TileArgs& args) {
  const float* x = static_cast<const float*>(args.in[0]);
  float* y = static_cast<float*>(args.out);
  for (int64_t i = 0; i < args.n; ++i) y[i] = static_cast<float>(Mish2Of(x[i]));
}

absl::Status AddMish2Family(OpRegistry& registry) {
  OpDef def;
  def.name = kMish2;
  def.family = "extension";
  def.doc = "x tanh(2 softplus(x)); float32 and float64.";
  def.inputs = {"x"};
  def.infer = [](absl::Span<const TensorType> in, const AttrMap&) -> absl::StatusOr<std::vector<TensorType>> {
    if (!IsFloat(in[0].dtype)) return InvalidArgument("expected a float, got ", in[0].ToString());
    return std::vector<TensorType>{in[0]};
  };
  def.differentiability = Differentiability::kGradient;
  def.gradient = [](const GradientArgs& args) -> std::vector<Value> {
    const Value& x = args.input(0);
    Value t = Tanh(2.0 * Softplus(x));
    return {args.dy() * (t + x * (1.0 - Square(t)) * 2.0 * Sigmoid(x))};
  };
  def.reference = [](ReferenceArgs& args) {
    for (int64_t i = 0; i < args.inputs[0].size(); ++i) args.outputs[0].Set(i, Mish2Of(args.inputs[0].At(i)));
    return absl::OkStatus();
  };
  def.elementwise =
      ElementwiseTrait{[](const TileRequest& request) {
                         return request.output == DType::kFloat32 ? TileKernel{Mish2Tile, {}} : TileKernel{};
                       },
                       200};
  WEFT_RETURN_IF_ERROR(registry.Add(std::move(def)));
  Composition activation;
  activation.name = kMish2;
  activation.family = "extension";
  activation.is_activation = true;
  activation.doc = "x tanh(2 softplus(x))";
  activation.record = [](Value x, const AttrMap&) { return Mish2(x); };
  return registry.Add(std::move(activation));
}

const OpRegistry& ExtendedOps() {
  static const OpRegistry* registry = [] {
    auto* extended = new OpRegistry();
    WEFT_EXPECT_OK(AddAllOps(*extended));
    WEFT_EXPECT_OK(AddMish2Family(*extended));
    return extended;
  }();
  return *registry;
}

// ---- a layer: scales each feature by a weight

class Scale : public Layer {
 public:
  absl::string_view class_name() const override { return "Scale"; }
  void VisitConfig(ConfigVisitor& visitor) override {
    visitor.Field("name", name_);
    visitor.Field("trainable", trainable_);
    visitor.Field("start", start_);
  }
  absl::Status Build(WeightBuilder& weights, absl::Span<const TensorType> inputs) override {
    weights.Add("scale", Shape{inputs[0].shape[inputs[0].rank() - 1]}, start_ == 1 ? "ones" : "zeros");
    return absl::OkStatus();
  }
  std::vector<Value> Call(CallContext& context, absl::Span<const Value> inputs) const override {
    return {inputs[0] * context.Weight("scale")};
  }

 private:
  double start_ = 1;
};

// ---- an optimizer: gradient descent with a decaying memory of the gradient's size

class SizedDescent : public Optimizer {
 public:
  absl::string_view class_name() const override { return "SizedDescent"; }
  void VisitConfig(ConfigVisitor& visitor) override { visitor.Field("decay", decay_); }
  LearningRate learning_rate() const override { return 0.05; }
  const OptimizerOptions& common() const override { return common_; }
  std::vector<Slot> slots() const override { return {{"size", 1.0}}; }
  Result Update(const Step& step, Value variable, Value gradient, absl::Span<const Value> slots) const override {
    Value size = slots[0] * decay_ + Abs(gradient) * (1 - decay_);
    return {variable - step.learning_rate * gradient / (size + 1e-3), {size}};
  }

 private:
  double decay_ = 0.9;
  OptimizerOptions common_;
};

const ModelRegistry& ExtendedModels() {
  static const ModelRegistry* registry = [] {
    auto* extended = new ModelRegistry(DefaultModelRegistry());
    WEFT_EXPECT_OK(extended->Add<Scale>("layer"));
    WEFT_EXPECT_OK(extended->Add<SizedDescent>("optimizer"));
    return extended;
  }();
  return *registry;
}

SequentialOptions Extended() {
  SequentialOptions options;
  options.ops = &ExtendedOps();
  options.registry = &ExtendedModels();
  options.threads = 1;
  return options;
}

Sequential MakeModel() {
  Sequential model({Dense({.units = 32, .activation = kMish2}), Scale(), Dense({.units = 4, .activation = "softmax"})},
                   Extended());
  model.Compile({.optimizer = "sized_descent", .loss = "categorical_crossentropy", .metrics = {"accuracy"}});
  return model;
}

TEST(Extension, AnOpOfOnesOwnPassesTheSweeps) {
  OpCase op_case;
  op_case.op = kMish2;
  op_case.name = "matrix";
  op_case.inputs = {{.dims = {5, 13}}};
  op_case.record = [](GraphBuilder&, absl::Span<const Value> in) { return std::vector<Value>{Mish2(in[0])}; };
  auto about = [](const std::vector<std::string>& failures) {
    std::vector<std::string> found;
    for (const std::string& failure : failures) {
      if (absl::StartsWith(failure, kMish2)) found.push_back(failure);
    }
    return absl::StrJoin(found, "\n");
  };
  // (Weft's own ops have no cases here; what is said of them is left out.)
  EXPECT_EQ(about(SweepGradients(ExtendedOps(), {op_case})), "");
  EXPECT_EQ(about(SweepKernels(ExtendedOps(), {op_case}, HostIsas())), "");
}

TEST(Extension, ByNameInDenseItTrainsAndFuses) {
  Sequential model = MakeModel();
  std::vector<StepInputs> batches = RandomBatches(1, 64, 12, 4);
  double first = 0, last = 0;
  for (int step = 0; step < 60; ++step) {
    WEFT_ASSERT_OK_AND_ASSIGN(last, model.TrainOnBatch(batches[0].x, batches[0].y));
    if (step == 0) first = last;
  }
  EXPECT_LT(last, 0.7 * first);

  Target target = Target::Host(1);
  WEFT_ASSERT_OK_AND_ASSIGN(PassResult optimized, Optimize(model.module(), target));
  WEFT_ASSERT_OK_AND_ASSIGN(auto predict, Program::Compile(optimized.module, kPredictFunction, {.target = target}));
  bool fused = false;
  for (const Node& node : predict->graph().nodes()) {
    EXPECT_NE(node.op->name, kMish2);
    if (node.op->name != "matmul_epilogue") continue;
    for (const Node& inner : node.attrs->Function("body")->nodes()) fused = fused || inner.op->name == kMish2;
  }
  EXPECT_TRUE(fused);
}

TEST(Extension, SavedAndLoadedItPredictsTheSameBits) {
  Sequential model = MakeModel();
  std::vector<StepInputs> batches = RandomBatches(3, 16, 12, 4);
  for (const StepInputs& batch : batches) WEFT_ASSERT_OK(model.TrainOnBatch(batch.x, batch.y).status());
  std::string path = ::testing::TempDir() + "/extension_model";
  WEFT_ASSERT_OK(model.Save(path));
  WEFT_ASSERT_OK_AND_ASSIGN(Sequential loaded, Sequential::Load(path, Extended()));
  WEFT_ASSERT_OK_AND_ASSIGN(Tensor expected, model.Predict(batches[0].x));
  WEFT_ASSERT_OK_AND_ASSIGN(Tensor got, loaded.Predict(batches[0].x));
  EXPECT_TRUE(BitEqual(got, expected));
  // And it goes on training to the same bits.
  for (const StepInputs& batch : batches) {
    WEFT_ASSERT_OK_AND_ASSIGN(double a, model.TrainOnBatch(batch.x, batch.y));
    WEFT_ASSERT_OK_AND_ASSIGN(double b, loaded.TrainOnBatch(batch.x, batch.y));
    EXPECT_EQ(a, b);
  }
  EXPECT_EQ(loaded.state()->WeightsHash(), model.state()->WeightsHash());
  // A program that does not know the op says so.
  EXPECT_THAT(Sequential::Load(path), StatusIs(absl::StatusCode::kUnimplemented, ::testing::HasSubstr(kMish2)));
}

}  // namespace
}  // namespace weft
