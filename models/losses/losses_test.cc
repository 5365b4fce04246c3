// Losses against their formulas in double; logits in place of probabilities; reductions; what is said of wrong targets.
#include "models/losses/losses.h"

#include <cmath>
#include <functional>
#include <vector>

#include "core/philox.h"
#include "core/testing/status_matchers.h"
#include "graph/autodiff/gradients.h"
#include "gtest/gtest.h"
#include "models/config_json.h"
#include "models/losses/all_losses.h"
#include "models/losses/testing/record_and_run.h"
#include "ops/elementwise/elementwise.h"
#include "ops/softmax/softmax.h"

namespace weft {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

const ModelRegistry& Registry() {
  static const ModelRegistry& registry = *[] {
    auto* made = new ModelRegistry;
    EXPECT_THAT(AddAllLosses(*made), IsOk());
    return made;
  }();
  return registry;
}

// The loss, and the gradient of its sum with respect to the prediction.
struct LossAndGradient {
  Tensor loss, gradient;
};
LossAndGradient Evaluate(
    const Loss& loss, const Tensor& y_true, const Tensor& x,
    const std::function<Value(Value)>& predict = [](Value v) { return v; }, const Tensor* sample_weight = nullptr) {
  std::vector<Tensor> inputs = {y_true, x};
  if (sample_weight != nullptr) inputs.push_back(*sample_weight);
  auto result = RunOnKernels(inputs, [&](GraphBuilder& builder, absl::Span<const Value> in) -> std::vector<Value> {
    const Value value = loss.Record(builder, in[0], predict(in[1]), in.size() > 2 ? in[2] : Value());
    if (!value.ok()) return {value};
    auto gradients = Gradients({value}, {in[1]});
    EXPECT_THAT(gradients, IsOk());
    if (!gradients.ok()) return {value};
    return {value, (*gradients)[0]};
  });
  EXPECT_THAT(result, IsOk());
  if (!result.ok() || result->size() != 2) return {};
  return {(*result)[0], (*result)[1]};
}

absl::Status RecordStatus(const Loss& loss, const TensorType& y_true, const TensorType& y_pred) {
  return RecordGraph({y_true, y_pred},
                     [&](GraphBuilder& builder, absl::Span<const Value> in) -> std::vector<Value> {
                       return {loss.Record(builder, in[0], in[1], Value())};
                     })
      .status();
}

Tensor Uniform(std::vector<int64_t> dims, double low, double high, uint64_t seed) {
  Tensor tensor = Tensor::Create(DType::kFloat32, dims).value();
  PhiloxStream random(seed);
  for (float& x : tensor.mutable_data<float>()) x = static_cast<float>(low + random.Uniform() * (high - low));
  return tensor;
}

void ExpectNear(const Tensor& tensor, const std::vector<double>& expected, double tolerance = 2e-6) {
  ASSERT_EQ(tensor.num_elements(), static_cast<int64_t>(expected.size()));
  for (size_t i = 0; i < expected.size(); ++i) {
    EXPECT_NEAR(tensor.AtDouble(i), expected[i], tolerance * std::max(1.0, std::abs(expected[i]))) << i;
  }
}

// Per sample, in double; n samples of k.
std::vector<double> CrossEntropy(const Tensor& t, const Tensor& p, int n, int k, double smoothing) {
  std::vector<double> losses(n);
  for (int i = 0; i < n; ++i) {
    double sum = 0;
    for (int j = 0; j < k; ++j) sum += p.AtDouble(i * k + j);
    for (int j = 0; j < k; ++j) {
      const double target = t.AtDouble(i * k + j) * (1 - smoothing) + smoothing / k;
      losses[i] -= target * std::log(p.AtDouble(i * k + j) / sum);
    }
  }
  return losses;
}

TEST(LossesTest, CategoricalFromProbabilitiesDividesByTheirSum) {
  const Tensor p = Uniform({4, 3}, 0.1, 2, 1);
  const Tensor t = F32({4, 3}, {1, 0, 0, 0, 1, 0, 0, 0, 1, 0.5, 0.25, 0.25});
  for (double smoothing : {0.0, 0.25}) {
    const CategoricalCrossentropy loss({.label_smoothing = smoothing, .reduction = "none"});
    ExpectNear(Evaluate(loss, t, p).loss, CrossEntropy(t, p, 4, 3, smoothing));
  }
}

TEST(LossesTest, SparseEqualsCategoricalWithOneHotLabels) {
  const Tensor logits = Uniform({3, 4}, -3, 3, 2);
  const Tensor one_hot = F32({3, 4}, {0, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0, 1});
  const auto dense = Evaluate(CategoricalCrossentropy({.from_logits = true}), one_hot, logits);
  for (const Tensor& labels : {I32({3}, {2, 0, 3}), I32({3, 1}, {2, 0, 3}), F32({3}, {2, 0, 3})}) {
    const auto sparse = Evaluate(SparseCategoricalCrossentropy({.from_logits = true}), labels, logits);
    EXPECT_LT(RelativeError(sparse.loss, dense.loss), 1e-6);
    EXPECT_LT(RelativeError(sparse.gradient, dense.gradient), 1e-6);
  }
}

// Clipped first, then divided by the sum: the other way round than with one-hot labels, as Keras does.
TEST(LossesTest, SparseFromProbabilities) {
  const Tensor p = F32({3, 3}, {0.2, 0.3, 0.5, 0.4, 0.8, 0.8, 0, 0.5, 0.5});
  const auto result = Evaluate(SparseCategoricalCrossentropy({.reduction = "none"}), I32({3}, {1, 0, 0}), p);
  ExpectNear(result.loss, {-std::log(0.3), -std::log(0.2), -std::log(1e-7)});
  EXPECT_NEAR(result.gradient.AtDouble(1), 1 - 1 / 0.3, 1e-5);
  EXPECT_EQ(result.gradient.AtDouble(6), 0);  // clipped
}

TEST(LossesTest, BinaryIsItsFormula) {
  const Tensor p = Uniform({4, 2}, 0.05, 0.95, 3), t = F32({4, 2}, {0, 1, 1, 0, 1, 1, 0.5, 0.25});
  for (double smoothing : {0.0, 0.2}) {
    std::vector<double> expected(4);
    for (int i = 0; i < 8; ++i) {
      const double target = t.AtDouble(i) * (1 - smoothing) + smoothing / 2, q = p.AtDouble(i);
      expected[i / 2] -= (target * std::log(q) + (1 - target) * std::log(1 - q)) / 2;
    }
    ExpectNear(Evaluate(BinaryCrossentropy({.label_smoothing = smoothing, .reduction = "none"}), t, p).loss, expected);
  }
}

TEST(LossesTest, RegressionLossesAreTheirFormulas) {
  const Tensor p = F32({2, 3}, {1, 2, 3, 4, 5, 6}), t = F32({2, 3}, {1, 0, 5, 4, 4, 3});
  ExpectNear(Evaluate(MeanSquaredError({.reduction = "none"}), t, p).loss, {8.0 / 3, 10.0 / 3});
  ExpectNear(Evaluate(MeanAbsoluteError({.reduction = "none"}), t, p).loss, {4.0 / 3, 4.0 / 3});
  // Where they are equal the absolute value has no slope.
  ExpectNear(Evaluate(MeanAbsoluteError({.reduction = "sum"}), t, p).gradient, {0, 1. / 3, -1. / 3, 0, 1. / 3, 1. / 3});
}

// As Keras does in compiled training: the loss of a softmax or sigmoid is recorded on what goes into it.
TEST(LossesTest, LogitsAreFoundBehindSoftmaxAndSigmoid) {
  // So far from a fair coin that probabilities round to 0 and 1: from them, the loss would be clipped and flat.
  const Tensor logits = F32({2, 2}, {60, -60, -60, 60});
  const Tensor one_hot = F32({2, 2}, {0, 1, 0, 1});
  auto softmax = [](Value x) { return Softmax(x); };
  auto sigmoid = [](Value x) { return Sigmoid(x); };
  const auto dense = Evaluate(CategoricalCrossentropy({.reduction = "none"}), one_hot, logits, softmax);
  ExpectNear(dense.loss, {120, 0});
  ExpectNear(dense.gradient, {1, -1, 0, 0});
  const auto sparse = Evaluate(SparseCategoricalCrossentropy({.reduction = "none"}), I32({2}, {1, 1}), logits, softmax);
  ExpectNear(sparse.loss, {120, 0});
  ExpectNear(sparse.gradient, {1, -1, 0, 0});
  const auto binary = Evaluate(BinaryCrossentropy({.reduction = "none"}), one_hot, logits, sigmoid);
  ExpectNear(binary.loss, {60, 0});
  ExpectNear(binary.gradient, {0.5, -0.5, 0, 0});
  // from_logits changes nothing: it is the softmax's operand that counts.
  ExpectNear(
      Evaluate(CategoricalCrossentropy({.from_logits = true, .reduction = "none"}), one_hot, logits, softmax).loss,
      {120, 0});
  // A softmax along another axis is none of the classes.
  const auto other = Evaluate(CategoricalCrossentropy({.reduction = "none"}), one_hot, F32({2, 2}, {1, 2, 3, 5}),
                              [](Value x) { return Softmax(x, 0); });
  const double a = 1 / (1 + std::exp(2)), b = 1 / (1 + std::exp(3));
  ExpectNear(other.loss, {-std::log(b / (a + b)), -std::log((1 - b) / (2 - a - b))});
}

TEST(LossesTest, ProbabilitiesAreClippedAndFlatThere) {
  const Tensor p = F32({2, 1}, {0, 1});
  const auto binary = Evaluate(BinaryCrossentropy({.reduction = "none"}), F32({2, 1}, {1, 0}), p);
  ExpectNear(binary.loss, {-std::log(1e-7), -std::log(1 - 0.99999988)}, 1e-2);
  ExpectNear(binary.gradient, {0, 0});
  const auto dense = Evaluate(CategoricalCrossentropy({.reduction = "none"}), F32({1, 2}, {0, 1}), F32({1, 2}, {1, 0}));
  ExpectNear(dense.loss, {-std::log(1e-7)});
  ExpectNear(dense.gradient, {0, 0});
}

TEST(LossesTest, ReductionsAndSampleWeights) {
  const Tensor t = F32({4, 1}, {0, 0, 0, 0}), p = F32({4, 1}, {1, 2, 3, 4});
  const Tensor w = F32({4}, {1, 0, 0.5, 2});
  auto reduced = [&](const char* reduction, const Tensor* weight) {
    return Evaluate(
               MeanSquaredError({.reduction = reduction}), t, p, [](Value v) { return v; }, weight)
        .loss;
  };
  ExpectNear(reduced("sum_over_batch_size", nullptr), {30 / 4.0});
  ExpectNear(reduced("mean", nullptr), {30 / 4.0});
  ExpectNear(reduced("mean_with_sample_weight", nullptr), {30 / 4.0});
  ExpectNear(reduced("sum", nullptr), {30});
  ExpectNear(reduced("none", nullptr), {1, 4, 9, 16});
  ExpectNear(reduced("sum_over_batch_size", &w), {37.5 / 4});
  ExpectNear(reduced("mean", &w), {37.5 / 4});
  ExpectNear(reduced("mean_with_sample_weight", &w), {37.5 / 3.5});
  ExpectNear(reduced("sum", &w), {37.5});
  ExpectNear(reduced("none", &w), {1, 0, 4.5, 32});
  const Tensor zeros = F32({4}, {0, 0, 0, 0});
  ExpectNear(reduced("mean_with_sample_weight", &zeros), {0});
  // A weight per sample counts for every position of it.
  const Tensor sequence = F32({2, 2, 1}, {1, 2, 3, 4}), of_zeros = F32({2, 2, 1}, {0, 0, 0, 0});
  const Tensor per_sample = F32({2}, {1, 10});
  ExpectNear(Evaluate(
                 MeanSquaredError(), of_zeros, sequence, [](Value v) { return v; }, &per_sample)
                 .loss,
             {(1 + 4 + 90 + 160) / 4.0});
}

TEST(LossesTest, OneMoreAxisOfSizeOneIsNoMistake) {
  const Tensor p = F32({3, 1}, {0.25, 0.5, 0.75}), t = F32({3, 1}, {0, 1, 1}), flat = F32({3}, {0, 1, 1});
  const MeanSquaredError mse;
  const BinaryCrossentropy bce;
  for (const Loss* loss : std::vector<const Loss*>{&mse, &bce}) {
    const Tensor expected = Evaluate(*loss, t, p).loss;
    EXPECT_EQ(expected.rank(), 0);
    EXPECT_LT(RelativeError(Evaluate(*loss, flat, p).loss, expected), 1e-6) << loss->class_name();
    EXPECT_LT(RelativeError(Evaluate(*loss, t, F32({3}, {0.25, 0.5, 0.75})).loss, expected), 1e-6)
        << loss->class_name();
  }
  // Labels of any dtype.
  EXPECT_LT(RelativeError(Evaluate(bce, I32({3}, {0, 1, 1}), p).loss, Evaluate(bce, t, p).loss), 1e-7);
}

TEST(LossesTest, SymbolicBatches) {
  const Dim n = Dim::Symbol("batch");
  const CategoricalCrossentropy loss({.label_smoothing = 0.1});
  const TensorType type{DType::kFloat32, {n, 10}};
  WEFT_EXPECT_OK(RecordStatus(loss, type, type));
  WEFT_ASSERT_OK_AND_ASSIGN(TensorType target, SparseCategoricalCrossentropy().TargetType(type));
  EXPECT_EQ(target.ToString(), "i32[batch]");
  WEFT_EXPECT_OK(RecordStatus(SparseCategoricalCrossentropy(), target, type));
  WEFT_ASSERT_OK_AND_ASSIGN(target, BinaryCrossentropy().TargetType({DType::kFloat32, {n, 1}}));
  EXPECT_EQ(target.ToString(), "f32[batch,1]");
}

TEST(LossesTest, LabelsThatAreNotOneHotAreExplained) {
  const Dim n = Dim::Symbol("batch");
  const CategoricalCrossentropy loss;
  const TensorType y_pred{DType::kFloat32, {n, 10}};
  for (const Shape& shape : {Shape{n}, Shape{n, 1}}) {
    EXPECT_THAT(loss.CheckTarget(y_pred, {DType::kInt64, shape}),
                StatusIs(absl::StatusCode::kInvalidArgument,
                         AllOf(HasSubstr("CategoricalCrossentropy: expected one-hot labels [batch,10]"),
                               HasSubstr(TensorType{DType::kInt64, shape}.ToString()),
                               HasSubstr("look like class indices: use loss = \"sparse_categorical_crossentropy\", or "
                                         "make them one-hot with ToCategorical(y, 10)"))));
  }
  EXPECT_THAT(loss.CheckTarget({DType::kFloat32, {n, 5}}, {DType::kFloat32, {n, 10}}),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       HasSubstr("the labels have 10 classes, but the model's output has 5 units: give the last layer "
                                 "units = 10")));
  EXPECT_THAT(loss.TargetType({DType::kFloat32, {n, 1}}),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("binary_crossentropy")));
  // The same in the builder.
  EXPECT_THAT(RecordStatus(loss, {DType::kInt64, {n}}, y_pred),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("sparse_categorical_crossentropy")));
}

TEST(LossesTest, OtherWrongTargetsAreExplained) {
  const Dim n = Dim::Symbol("batch");
  auto message = [](const Loss& loss, const TensorType& y_pred, const TensorType& y_true) {
    const absl::Status status = loss.CheckTarget(y_pred, y_true);
    EXPECT_THAT(status, StatusIs(absl::StatusCode::kInvalidArgument));
    return std::string(status.message());
  };
  const SparseCategoricalCrossentropy sparse;
  EXPECT_THAT(message(sparse, {DType::kFloat32, {n, 10}}, {DType::kFloat32, {n, 10}}),
              AllOf(HasSubstr("look one-hot: use loss = \"categorical_crossentropy\""), Not(HasSubstr("units ="))));
  EXPECT_THAT(message(sparse, {DType::kFloat32, {n, 5}}, {DType::kFloat32, {n, 10}}), HasSubstr("units = 10"));
  EXPECT_THAT(message(sparse, {DType::kFloat32, {n, 1}}, {DType::kInt32, {n}}), HasSubstr("binary_crossentropy"));
  EXPECT_THAT(message(BinaryCrossentropy(), {DType::kFloat32, {n, 1}}, {DType::kFloat32, {n, 3}}),
              HasSubstr("units = 3"));
  EXPECT_THAT(message(BinaryCrossentropy(), {DType::kFloat32, {n, 3}}, {DType::kFloat32, {n}}),
              AllOf(HasSubstr("units = 1"), HasSubstr("sparse_categorical_crossentropy")));
  EXPECT_THAT(message(MeanSquaredError(), {DType::kFloat32, {n, 4}}, {DType::kFloat32, {n}}), HasSubstr("units = 1"));
  EXPECT_THAT(message(MeanAbsoluteError(), {DType::kFloat32, {n, 4}}, {DType::kFloat32, {n, 2}}),
              HasSubstr("units = 2"));
  EXPECT_THAT(message(MeanSquaredError(), {DType::kInt32, {n}}, {DType::kFloat32, {n}}), HasSubstr("output of floats"));
}

TEST(LossesTest, WrongValuesAreFound) {
  const Dim n = Dim::Symbol("batch");
  const TensorType three{DType::kFloat32, {n, 3}}, one{DType::kFloat32, {n, 1}};
  const SparseCategoricalCrossentropy sparse;
  WEFT_EXPECT_OK(sparse.CheckTargets(three, I32({4}, {0, 1, 2, 2})));
  WEFT_EXPECT_OK(sparse.CheckTargets(three, I32({4, 1}, {0, 1, 2, 2})));
  EXPECT_THAT(sparse.CheckTargets(three, I32({4}, {0, 1, 2, 3})),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       AllOf(HasSubstr("sample 3 has the target 3, which is none of the classes 0 to 2"),
                             HasSubstr("units = 4"))));
  EXPECT_THAT(sparse.CheckTargets(three, I32({2}, {-1, 1})), StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(sparse.CheckTargets(three, F32({2}, {1, 0.5})),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("sample 1 has the target 0.5")));
  const BinaryCrossentropy binary;
  WEFT_EXPECT_OK(binary.CheckTargets(one, F32({2}, {0, 0.5})));
  EXPECT_THAT(binary.CheckTargets(one, F32({2, 1}, {1, -1})),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("(y + 1) / 2")));
  EXPECT_THAT(MeanSquaredError().CheckTargets(three, F32({2, 3}, {1, 1, 1, 1, NAN, 1})),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("sample 1 has the target nan")));
  EXPECT_THAT(CategoricalCrossentropy().CheckTargets(three, I32({4}, {0, 1, 2, 2})),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("ToCategorical(y, 3)")));
}

TEST(LossesTest, ConfigurationsComeBack) {
  for (
      const std::string json :
      {R"({"class_name":"CategoricalCrossentropy","config":{"reduction":"sum","from_logits":true,"label_smoothing":0.5,"axis":-1}})",
       R"({"class_name":"BinaryCrossentropy","config":{"reduction":null,"from_logits":true,"label_smoothing":0.5,"axis":-1}})",
       R"({"class_name":"SparseCategoricalCrossentropy","config":{"reduction":"mean","from_logits":true,"ignore_class":null}})",
       R"({"class_name":"MeanSquaredError","config":{"reduction":"mean_with_sample_weight"}})",
       R"({"class_name":"MeanAbsoluteError","config":{"reduction":"sum_over_batch_size"}})"}) {
    auto object = FromConfigJson(Registry(), "loss", json);
    WEFT_ASSERT_OK(object);
    EXPECT_EQ(ToConfigJson(**object), json);
  }
  for (const char* bad : {R"({"class_name":"MeanSquaredError","config":{"reduction":"average"}})",
                          R"({"class_name":"CategoricalCrossentropy","config":{"label_smoothing":2}})",
                          R"({"class_name":"CategoricalCrossentropy","config":{"axis":1}})",
                          R"({"class_name":"SparseCategoricalCrossentropy","config":{"ignore_class":3}})",
                          R"({"class_name":"BinaryCrossentropy","config":{"from_logit":true}})"}) {
    EXPECT_THAT(FromConfigJson(Registry(), "loss", bad), StatusIs(absl::StatusCode::kInvalidArgument)) << bad;
  }
  for (const char* name : {"mse", "MSE", "mae", "bce", "mean_squared_error", "sparse_categorical_crossentropy"}) {
    WEFT_EXPECT_OK(Registry().Create("loss", name));
  }
  EXPECT_THAT(Registry().Create("loss", "categorical_crossentrpy").status().message(),
              HasSubstr("did you mean 'categorical_crossentropy'?"));
}

TEST(LossesTest, OptionsAreCheckedWhenRecordingToo) {
  const TensorType type{DType::kFloat32, {4, 3}};
  EXPECT_THAT(RecordStatus(MeanSquaredError({.reduction = "avg"}), type, type),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("reduction must be one of")));
  EXPECT_THAT(RecordStatus(CategoricalCrossentropy({.label_smoothing = -1}), type, type),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("label_smoothing")));
}

}  // namespace
}  // namespace weft
