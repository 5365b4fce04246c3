// One result: the same bits for any partition, thread count, instruction set and compiler, and equal to what is
// committed here.
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/testing/status_matchers.h"
#include "gmock/gmock.h"
#include "graph/autodiff/gradients.h"
#include "graph/exec/program.h"
#include "gtest/gtest.h"
#include "models/layers/activation.h"
#include "models/layers/dense.h"
#include "models/layers/dropout.h"
#include "models/optimizers/adam.h"
#include "models/sequential.h"
#include "ops/all_ops.h"
#include "ops/dense/dense.h"
#include "ops/elementwise/elementwise.h"
#include "ops/reduce/reduce.h"
#include "ops/shape/shape.h"
#include "ops/testing/targets.h"
#include "tests/train_by_hand.h"

namespace weft {
namespace {

// Of the network below after 50 steps. It changes only on purpose: say why in CHANGELOG.md.
constexpr char kGolden[] = "bf348af33de488b1d7abef037be922b53cb7d31cdb6ee0fae170255a3f0a8c80";

// Adds 0.01 sum(w^2) of a weight of its own to the loss: L2 regularization, a reduction over a variable that lives in
// panels.
class Regularized : public Layer {
 public:
  absl::string_view class_name() const override { return "Regularized"; }
  void VisitConfig(ConfigVisitor&) override {}
  absl::Status Build(WeightBuilder& weights, absl::Span<const TensorType> inputs) override {
    weights.Add("kernel", Shape{inputs[0].shape[1], 128}, "glorot_uniform");
    return absl::OkStatus();
  }
  std::vector<Value> Call(CallContext& context, absl::Span<const Value> inputs) const override {
    Value kernel = context.Weight("kernel");
    context.AddLoss(ReduceSum(Square(kernel)) * 0.01);
    return {Tanh(MatMul(inputs[0], kernel))};
  }
};

constexpr int64_t kFeatures = 37, kClasses = 10, kRows = 48;

std::shared_ptr<const Module> Network() {
  static const auto* module = new std::shared_ptr<const Module>([] {
    Sequential model({Dense({.units = 128, .activation = "relu"}), Dropout({.rate = 0.3}), Regularized(),
                      Dense({.units = 64, .activation = "gelu"}), Dense({.units = kClasses, .activation = "softmax"})});
    model.Compile({.optimizer = Adam({.learning_rate = 0.01, .global_clipnorm = 0.5}),
                   .loss = "categorical_crossentropy",
                   .metrics = {"accuracy"}});
    WEFT_EXPECT_OK(model.Build({kFeatures}));
    return model.module();
  }());
  return *module;
}

std::string HashAfterTraining(const Target& target, int pool_threads) {
  TrainByHandOptions options;
  options.target = target;
  options.pool_threads = pool_threads;
  absl::StatusOr<Trained> trained = TrainByHand(Network(), RandomBatches(50, kRows, kFeatures, kClasses), options);
  WEFT_EXPECT_OK(trained);
  if (!trained.ok()) return "";
  EXPECT_LT(trained->losses.back(), trained->losses.front());
  return trained->state->WeightsHash();
}

TEST(OneResult, TrainingGivesTheCommittedBitsOnEveryTarget) {
  for (const Target& target : TargetsToTest()) {
    EXPECT_EQ(HashAfterTraining(target, 1), kGolden) << Name(target.isa) << ", " << target.threads << " shares";
  }
}

TEST(OneResult, ThreadsDoNotMatter) {
  const Target target = TargetOf(DetectIsa(), 8);
  for (int threads : {0, 1, 2, 3}) EXPECT_EQ(HashAfterTraining(target, threads), kGolden) << threads << " threads";
}

TEST(OneResult, ARowAloneIsTheRowInAnyBatch) {
  Target target;
  target.isa = DetectIsa();
  TrainByHandOptions options;
  options.target = target;
  std::vector<StepInputs> batches = RandomBatches(2, 67, kFeatures, kClasses);
  WEFT_ASSERT_OK_AND_ASSIGN(Trained trained, TrainByHand(Network(), batches, options));
  CompileOptions compile;
  compile.target = target;
  WEFT_ASSERT_OK_AND_ASSIGN(auto predict, Program::Compile(trained.optimized, kPredictFunction, compile));
  WEFT_ASSERT_OK_AND_ASSIGN(std::vector<Tensor> all, predict->Run(*trained.state, {batches[0].x}));
  for (int64_t rows : {1, 2, 5, 16, 31}) {
    for (int64_t begin = 0; begin + rows <= 67; begin += rows) {
      WEFT_ASSERT_OK_AND_ASSIGN(Tensor part, batches[0].x.Rows(begin, begin + rows));
      WEFT_ASSERT_OK_AND_ASSIGN(std::vector<Tensor> alone, predict->Run(*trained.state, {part}));
      WEFT_ASSERT_OK_AND_ASSIGN(Tensor expected, all[0].Rows(begin, begin + rows));
      ASSERT_TRUE(BitEqual(alone[0], expected)) << "rows " << begin << " ... " << begin + rows;
    }
  }
}

// Weight and bias gradients of a Dense layer over `rows` of x and dy.
absl::StatusOr<std::vector<Tensor>> WeightGradients(const Tensor& x, const Tensor& dy, const Target& target) {
  auto module = std::make_shared<Module>(AllOps());
  GraphBuilder b(AllOps());
  Dim n = Dim::Symbol("n");
  Value xs = b.Input("x", {DType::kFloat32, {n, x.dims()[1]}}),
        dys = b.Input("dy", {DType::kFloat32, {n, dy.dims()[1]}});
  Value w = b.Input("w", {DType::kFloat32, {x.dims()[1], dy.dims()[1]}}),
        bias = b.Input("b", {DType::kFloat32, {dy.dims()[1]}});
  WEFT_ASSIGN_OR_RETURN(std::vector<Value> gradients, Gradients({MatMul(xs, w) + bias}, {w, bias}, {dys}));
  b.Output("dw", gradients[0]);
  b.Output("db", gradients[1]);
  WEFT_ASSIGN_OR_RETURN(GraphPtr graph, b.Build());
  WEFT_RETURN_IF_ERROR(module->AddFunction("gradients", graph));
  WEFT_ASSIGN_OR_RETURN(PassResult optimized, Optimize(module, target));
  WEFT_ASSIGN_OR_RETURN(auto program, Program::Compile(optimized.module, "gradients", {.target = target}));
  WEFT_ASSIGN_OR_RETURN(auto state, State::Create(optimized.module));
  WEFT_ASSIGN_OR_RETURN(Tensor zero_w, Tensor::Create(DType::kFloat32, {x.dims()[1], dy.dims()[1]}));
  WEFT_ASSIGN_OR_RETURN(Tensor zero_b, Tensor::Create(DType::kFloat32, {dy.dims()[1]}));
  return program->Run(*state, {x, dy, zero_w, zero_b});
}

TEST(OneResult, MicroBatchesAccumulateToTheBitsOfTheWholeBatch) {
  constexpr int64_t kWhole = 600;
  std::vector<StepInputs> data = RandomBatches(1, kWhole, 21, 70);
  Target target;
  target.isa = DetectIsa();
  WEFT_ASSERT_OK_AND_ASSIGN(std::vector<Tensor> whole, WeightGradients(data[0].x, data[0].y, target));
  std::vector<Tensor> sum;
  for (int64_t begin = 0; begin < kWhole; begin += 256) {
    int64_t end = std::min<int64_t>(begin + 256, kWhole);
    WEFT_ASSERT_OK_AND_ASSIGN(Tensor x, data[0].x.Rows(begin, end));
    WEFT_ASSERT_OK_AND_ASSIGN(Tensor dy, data[0].y.Rows(begin, end));
    WEFT_ASSERT_OK_AND_ASSIGN(std::vector<Tensor> part, WeightGradients(x, dy, target));
    if (sum.empty()) {
      sum = std::move(part);
      continue;
    }
    for (size_t i = 0; i < sum.size(); ++i) {
      for (int64_t k = 0; k < sum[i].num_elements(); ++k) sum[i].mutable_data<float>()[k] += part[i].data<float>()[k];
    }
  }
  for (size_t i = 0; i < sum.size(); ++i) EXPECT_TRUE(BitEqual(sum[i], whole[i])) << "gradient " << i;
}

TEST(OneResult, GradientOfGatherAddsDuplicatesInIndexOrder) {
  GraphBuilder b(AllOps());
  Value x = b.Input("x", {DType::kFloat32, {9, 70}}), indices = b.Input("indices", {DType::kInt64, {500}});
  Value dy = b.Input("dy", {DType::kFloat32, {500, 70}});
  WEFT_ASSERT_OK_AND_ASSIGN(std::vector<Value> dx, Gradients({Gather(x, indices)}, {x}, {dy}));
  b.Output("dx", dx[0]);
  WEFT_ASSERT_OK_AND_ASSIGN(GraphPtr graph, b.Build());
  auto module = std::make_shared<Module>(AllOps());
  WEFT_ASSERT_OK(module->AddFunction("f", graph));

  std::vector<StepInputs> data = RandomBatches(1, 500, 70, 9);
  WEFT_ASSERT_OK_AND_ASSIGN(Tensor table, Tensor::Create(DType::kFloat32, {9, 70}));
  std::vector<int64_t> rows;
  std::vector<float> expected(9 * 70);
  for (int64_t i = 0; i < 500; ++i) {
    rows.push_back(i * i % 9);
    for (int64_t k = 0; k < 70; ++k) expected[rows.back() * 70 + k] += data[0].x.data<float>()[i * 70 + k];
  }
  WEFT_ASSERT_OK_AND_ASSIGN(Tensor index, Tensor::FromVector<int64_t>(rows, {500}));
  WEFT_ASSERT_OK_AND_ASSIGN(Tensor wanted, Tensor::FromVector<float>(expected, {9, 70}));
  for (const Target& target : TargetsToTest()) {
    WEFT_ASSERT_OK_AND_ASSIGN(PassResult optimized, Optimize(module, target));
    WEFT_ASSERT_OK_AND_ASSIGN(auto program, Program::Compile(optimized.module, "f", {.target = target}));
    WEFT_ASSERT_OK_AND_ASSIGN(auto state, State::Create(optimized.module));
    WEFT_ASSERT_OK_AND_ASSIGN(std::vector<Tensor> got, program->Run(*state, {table, index, data[0].x}));
    EXPECT_TRUE(BitEqual(got[0], wanted)) << Name(target.isa) << ", " << target.threads << " shares";
  }
}

}  // namespace
}  // namespace weft
