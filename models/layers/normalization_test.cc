// BatchNormalization's state and modes; all normalizations: few kernels, one result.
#include <cmath>
#include <filesystem>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "core/testing/status_matchers.h"
#include "graph/autodiff/gradients.h"
#include "gtest/gtest.h"
#include "models/config_json.h"
#include "models/layers/layers.h"
#include "models/layers/testing/record_layer.h"
#include "models/optimizers/adam.h"
#include "models/optimizers/sgd.h"
#include "models/sequential.h"
#include "ops/all_ops.h"

namespace weft {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

Tensor Wave(const Dims& dims, double scale = 1, double offset = 0) {
  Tensor tensor = *Tensor::Create(DType::kFloat32, dims);
  for (int64_t i = 0; i < tensor.num_elements(); ++i) {
    tensor.mutable_data<float>()[i] =
        static_cast<float>(offset + scale * std::sin(0.7 * static_cast<double>(i * i % 1013)));
  }
  return tensor;
}

struct Norm {
  std::string name;
  LayerRef layer;
  Dims dims;
  size_t kernels;  // at most, of a step forward and backward
};
std::vector<Norm> Norms() {
  return {{"BatchNormalization", BatchNormalization(), {300, 7}, 9},
          {"BatchNormalizationImages", BatchNormalization(), {5, 6, 7, 19}, 9},
          {"BatchNormalizationAxis", BatchNormalization({.axis = 1}), {5, 6, 70}, 16},
          {"LayerNormalization", LayerNormalization(), {9, 4, 70}, 11},
          {"LayerNormalizationAxes", LayerNormalization({.axis = {1, 2}}), {9, 4, 70}, 11},
          {"GroupNormalization", GroupNormalization({.groups = 3}), {5, 4, 3, 18}, 18},
          {"RMSNormalization", RMSNormalization(), {9, 4, 70}, 7},
          {"UnitNormalization", UnitNormalization(), {9, 70}, 6}};
}

// (x, dy, weights...) -> y, gradients of x and of the trainable weights, updates.
struct TrainingGraph {
  GraphPtr graph;
  std::vector<Tensor> weights;
};
absl::StatusOr<TrainingGraph> RecordTraining(const Norm& norm) {
  GraphBuilder b(AllOps());
  const TensorType type{DType::kFloat32, Shape::FromDims(norm.dims)};
  const Value x = b.Input("x", type), dy = b.Input("dy", type);
  RecordLayerOptions options;
  options.training = true;
  auto recorded = RecordLayer(b, *norm.layer.get(), {x}, options);
  if (!recorded.ok()) return recorded.status();
  TrainingGraph result;
  std::vector<Value> wrt = {x};
  for (const RecordedWeight& weight : recorded->weights) {
    if (weight.trainable) wrt.push_back(weight.value);
    result.weights.push_back(Wave(*weight.value.shape().Evaluate({}), 0.3, 1));
  }
  auto gradients = Gradients({recorded->outputs[0]}, wrt, {dy});
  if (!gradients.ok()) return gradients.status();
  b.Output("y", recorded->outputs[0]);
  for (size_t i = 0; i < gradients->size(); ++i) b.Output(absl::StrCat("gradient", i), (*gradients)[i]);
  for (const auto& [name, value] : recorded->updates) b.Output(name, value);
  auto graph = b.Build();
  if (!graph.ok()) return graph.status();
  result.graph = *graph;
  return result;
}

TEST(Normalization, OneResultOnEveryTarget) {
  for (const Norm& norm : Norms()) {
    WEFT_ASSERT_OK_AND_ASSIGN(TrainingGraph training, RecordTraining(norm));
    std::vector<Tensor> inputs = {Wave(norm.dims, 1, 0.5), Wave(norm.dims, 2)};
    inputs.insert(inputs.end(), training.weights.begin(), training.weights.end());
    WEFT_ASSERT_OK_AND_ASSIGN(std::vector<Tensor> first, RunOptimized(training.graph, inputs));
    for (const Target& target : EveryTarget()) {
      for (int threads : {0, 2}) {
        WEFT_ASSERT_OK_AND_ASSIGN(std::vector<Tensor> got, RunOptimized(training.graph, inputs, target, threads));
        for (size_t i = 0; i < first.size(); ++i) {
          EXPECT_TRUE(BitEqual(got[i], first[i]))
              << norm.name << ", output " << i << ", " << Name(target.isa) << ", " << target.threads << " shares";
        }
      }
    }
  }
}

TEST(Normalization, InferenceOfARowDoesNotDependOnItsBatch) {
  for (const Norm& norm : Norms()) {
    std::vector<int64_t> sample(norm.dims.begin() + 1, norm.dims.end());
    Sequential model({Input({.shape = sample}), norm.layer});
    const Tensor x = Wave(norm.dims, 3, 1);
    WEFT_ASSERT_OK_AND_ASSIGN(Tensor all, model.Predict(x, {.batch_size = norm.dims[0]}));
    for (int64_t size : {1, 3}) {
      WEFT_ASSERT_OK_AND_ASSIGN(Tensor parts, model.Predict(x, {.batch_size = size}));
      EXPECT_TRUE(BitEqual(all, parts)) << norm.name << " in batches of " << size;
    }
  }
}

// A pass over the data each for the mean, the variance and y, the gradients' sums, and dx; small ones between them.
TEST(Normalization, AHandfulOfKernels) {
  for (const Norm& norm : Norms()) {
    WEFT_ASSERT_OK_AND_ASSIGN(TrainingGraph training, RecordTraining(norm));
    WEFT_ASSERT_OK_AND_ASSIGN(std::vector<std::string> kernels, OptimizedKernels(training.graph));
    EXPECT_LE(kernels.size(), norm.kernels) << norm.name << ":\n" << absl::StrJoin(kernels, "\n");
  }
}

TEST(BatchNormalization, MovingStatisticsFollowTheBatches) {
  Sequential model({Input({.shape = {2}}), BatchNormalization({.momentum = 0.75, .epsilon = 0.5})});
  model.Compile({.optimizer = SGD({.learning_rate = 0}), .loss = "mse"});
  const Tensor x = *Tensor::FromVector<float>({1, 10, 3, 10, 5, 40}, {3, 2});  // means 3 and 20, variances 8/3 and 200
  WEFT_ASSERT_OK(model.TrainOnBatch(x, x));
  WEFT_ASSERT_OK_AND_ASSIGN(auto weights, model.Weights());
  ASSERT_EQ(weights.size(), 4u);
  EXPECT_EQ(weights[0].first, "batch_normalization/gamma");
  EXPECT_EQ(weights[3].first, "batch_normalization/moving_variance");
  EXPECT_THAT(weights[2].second.data<float>(), ElementsAre(0.75f, 5.f));
  EXPECT_FLOAT_EQ(weights[3].second.data<float>()[0], 0.75f + 0.25f * 8 / 3);
  EXPECT_FLOAT_EQ(weights[3].second.data<float>()[1], 0.75f + 50);
  // Predict and evaluate use them and leave them.
  WEFT_ASSERT_OK_AND_ASSIGN(Tensor y, model.Predict(x));
  EXPECT_FLOAT_EQ(y.data<float>()[0], static_cast<float>(0.25 / std::sqrt(0.75 + 2.0 / 3 + 0.5)));
  WEFT_ASSERT_OK(model.Evaluate(x, x));
  WEFT_ASSERT_OK_AND_ASSIGN(auto after, model.Weights());
  for (size_t i = 0; i < 4; ++i) EXPECT_TRUE(BitEqual(weights[i].second, after[i].second)) << weights[i].first;
  EXPECT_EQ(model.module()->FindVariable("batch_normalization/moving_mean")->kind, "statistics");
  WEFT_ASSERT_OK_AND_ASSIGN(std::string summary, model.Summary());
  EXPECT_THAT(summary, AllOf(HasSubstr("Trainable params: 4 "), HasSubstr("Non-trainable params: 4 ")));
}

TEST(BatchNormalization, NotTrainableIsInferenceInTrainingToo) {
  Sequential model({Input({.shape = {3}}), BatchNormalization({.trainable = false})});
  model.Compile({.optimizer = SGD({.learning_rate = 0.1}), .loss = "mse"});
  const Tensor x = Wave({8, 3}, 5, 7), y = Wave({8, 3});
  WEFT_ASSERT_OK_AND_ASSIGN(auto before, model.Weights());
  WEFT_ASSERT_OK_AND_ASSIGN(auto evaluated, model.Evaluate(x, y, {.batch_size = 8}));
  WEFT_ASSERT_OK_AND_ASSIGN(double loss, model.TrainOnBatch(x, y));
  EXPECT_FLOAT_EQ(static_cast<float>(loss), static_cast<float>(evaluated["loss"]));
  WEFT_ASSERT_OK_AND_ASSIGN(auto after, model.Weights());
  for (size_t i = 0; i < before.size(); ++i) EXPECT_TRUE(BitEqual(before[i].second, after[i].second));
}

TEST(BatchNormalization, MaskedStepsDoNotCount) {
  GraphBuilder b(AllOps());
  const Value x = b.Input("x", {DType::kFloat32, {2, 3, 1}}), mask = b.Input("mask", {DType::kBool, {2, 3}});
  auto layer = BatchNormalization({.momentum = 0, .center = false, .scale = false});
  WEFT_ASSERT_OK_AND_ASSIGN(RecordedLayer recorded, RecordLayer(b, layer, {x}, {.training = true, .masks = {mask}}));
  EXPECT_EQ(recorded.masks[0], mask);
  ASSERT_EQ(recorded.updates.size(), 2u);
  EXPECT_EQ(recorded.updates[0].first, "moving_mean");
  for (const auto& [name, value] : recorded.updates) b.Output(name, value);
  WEFT_ASSERT_OK_AND_ASSIGN(GraphPtr graph, b.Build());
  const Tensor one = *Tensor::FromVector<float>({1}, {1});
  WEFT_ASSERT_OK_AND_ASSIGN(std::vector<Tensor> got,
                            RunOptimized(graph, {*Tensor::FromVector<float>({2, 100, 4, 6, 100, 100}, {2, 3, 1}),
                                                 *Tensor::FromVector<bool>({1, 0, 1, 1, 0, 0}, {2, 3}), one, one}));
  EXPECT_NEAR(got[0].AtDouble(0), 4, 1e-5);
  EXPECT_NEAR(got[1].AtDouble(0), 8.0 / 3, 1e-5);
}

// Keras sorts the axes as they are given, negative ones first; the elements lie in the order of the axes all the same.
TEST(LayerNormalization, WeightsOfMixedAxesAreKeras) {
  Sequential mixed({Input({.shape = {3, 5}}), LayerNormalization({.axis = {1, -1}})});
  Sequential plain({Input({.shape = {3, 5}}), LayerNormalization({.axis = {1, 2}})});
  WEFT_ASSERT_OK_AND_ASSIGN(auto weights, mixed.Weights());
  EXPECT_EQ(weights[0].second.dims(), (Dims{5, 3}));
  const Tensor gamma = Wave({5, 3}), beta = Wave({5, 3}, 2, 1), x = Wave({2, 3, 5}, 4);
  WEFT_ASSERT_OK(mixed.SetWeights({gamma, beta}));
  WEFT_ASSERT_OK(plain.SetWeights({*gamma.Reshaped({3, 5}), *beta.Reshaped({3, 5})}));
  WEFT_ASSERT_OK_AND_ASSIGN(Tensor a, mixed.Predict(x));
  WEFT_ASSERT_OK_AND_ASSIGN(Tensor b, plain.Predict(x));
  EXPECT_TRUE(BitEqual(a, b));
}

// The statistics are part of the saved model, and training goes on to the same bits.
TEST(BatchNormalization, SavedModelsGoOn) {
  const std::string path = absl::StrCat(::testing::TempDir(), "/batch_normalization.weft");
  const Tensor x = Wave({32, 6}, 2, 3), y = Wave({32, 2});
  Sequential model({Input({.shape = {6}}), Dense({.units = 5}), BatchNormalization(), Dense({.units = 2})});
  model.Compile({.optimizer = Adam(), .loss = "mse"});
  WEFT_ASSERT_OK(model.TrainOnBatch(x, y));
  WEFT_ASSERT_OK(model.Save(path));
  WEFT_ASSERT_OK_AND_ASSIGN(Sequential loaded, Sequential::Load(path));
  WEFT_ASSERT_OK(model.TrainOnBatch(x, y));
  WEFT_ASSERT_OK(loaded.TrainOnBatch(x, y));
  EXPECT_EQ(model.state()->WeightsHash(), loaded.state()->WeightsHash());
  WEFT_ASSERT_OK_AND_ASSIGN(Tensor a, model.Predict(x));
  WEFT_ASSERT_OK_AND_ASSIGN(Tensor b, loaded.Predict(x));
  EXPECT_TRUE(BitEqual(a, b));
  std::filesystem::remove_all(path);
}

TEST(Normalization, ConfigurationsThatAreNotSupported) {
  const absl::StatusCode kInvalid = absl::StatusCode::kInvalidArgument;
  auto read = [](const char* json) { return FromConfigJson(DefaultModelRegistry(), "layer", json).status(); };
  EXPECT_THAT(read(R"({"class_name": "BatchNormalization", "config": {"renorm": true}})"),
              StatusIs(kInvalid, HasSubstr("'renorm'")));
  EXPECT_THAT(read(R"({"class_name": "BatchNormalization", "config": {"gamma_regularizer": "l2"}})"),
              StatusIs(kInvalid, HasSubstr("'gamma_regularizer'")));
  EXPECT_THAT(read(R"({"class_name": "LayerNormalization", "config": {"rms_scaling": true}})"),
              StatusIs(kInvalid, HasSubstr("'rms_scaling'")));
}

TEST(Normalization, Mistakes) {
  auto error = [](LayerRef layer, std::vector<int64_t> shape, DType dtype = DType::kFloat32) {
    return Sequential({Input({.shape = std::move(shape), .dtype = dtype}), std::move(layer)}).Summary().status();
  };
  const absl::StatusCode kInvalid = absl::StatusCode::kInvalidArgument;
  EXPECT_THAT(error(BatchNormalization(), {}),
              StatusIs(kInvalid, AllOf(HasSubstr("layer batch_normalization (BatchNormalization)"),
                                       HasSubstr("[batch, ..., features], received f32[batch]"))));
  EXPECT_THAT(error(BatchNormalization({.axis = 2}), {4}), StatusIs(kInvalid, HasSubstr("2 is not in [-2, 2)")));
  EXPECT_THAT(error(BatchNormalization({.axis = 0}), {4}), StatusIs(kInvalid, HasSubstr("0 is the batch axis")));
  EXPECT_THAT(error(BatchNormalization(), {4}, DType::kUInt8), StatusIs(kInvalid, HasSubstr("input of floats")));
  EXPECT_THAT(error(LayerNormalization({.axis = {}}), {4}), StatusIs(kInvalid, HasSubstr("at least one axis")));
  EXPECT_THAT(error(LayerNormalization({.axis = {1, -1}}), {4}), StatusIs(kInvalid, HasSubstr("given twice")));
  EXPECT_THAT(error(RMSNormalization({.axis = {-3}}), {4}), StatusIs(kInvalid, HasSubstr("-3 is not in")));
  EXPECT_THAT(error(UnitNormalization({.axis = {0}}), {4}), StatusIs(kInvalid, HasSubstr("batch axis")));
  EXPECT_THAT(error(GroupNormalization(), {4}),
              StatusIs(kInvalid, AllOf(HasSubstr("groups must divide the 4 channels of the input f32[batch,4]"),
                                       HasSubstr("received 32"))));
  EXPECT_THAT(error(GroupNormalization({.groups = 0}), {4}), StatusIs(kInvalid, HasSubstr("received 0")));
}

}  // namespace
}  // namespace weft
