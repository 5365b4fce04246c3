// Mistakes that people make with Sequential, and what they are told.
#include <cmath>
#include <limits>

#include "core/testing/status_matchers.h"
#include "gtest/gtest.h"
#include "models/layers/layers.h"
#include "models/losses/losses.h"
#include "models/optimizers/sgd.h"
#include "models/sequential.h"

namespace weft {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
constexpr absl::StatusCode kInvalid = absl::StatusCode::kInvalidArgument;

Tensor Zeros(DType dtype, Dims dims) { return *Tensor::Create(dtype, dims); }
Tensor X(int64_t n = 8, int64_t width = 4) { return Zeros(DType::kFloat32, {n, width}); }

Sequential Classifier(const char* loss, int64_t units = 3) {
  Sequential model({Input({.shape = {4}}), Dense({.units = 5, .activation = "relu"}),
                    Dense({.units = units, .activation = "softmax"})});
  model.Compile({.optimizer = "sgd", .loss = loss, .metrics = {"accuracy"}});
  return model;
}

absl::Status FitStatus(Sequential model, const Tensor& x, const Tensor& y, FitOptions options = {}) {
  options.verbose = 0;
  return model.Fit(x, y, options).status();
}

TEST(Mistakes, LabelsThatAreNotOneHot) {
  EXPECT_THAT(FitStatus(Classifier("categorical_crossentropy"), X(), Zeros(DType::kInt32, {8})),
              StatusIs(kInvalid, HasSubstr("sparse_categorical_crossentropy")));
  EXPECT_THAT(FitStatus(Classifier("categorical_crossentropy"), X(), Zeros(DType::kUInt8, {8, 1})),
              StatusIs(kInvalid, HasSubstr("sparse_categorical_crossentropy")));
}

TEST(Mistakes, OneHotForTheSparseLoss) {
  EXPECT_THAT(FitStatus(Classifier("sparse_categorical_crossentropy"), X(), Zeros(DType::kFloat32, {8, 3})),
              StatusIs(kInvalid, HasSubstr("categorical_crossentropy")));
}

TEST(Mistakes, UnitsAreNotClasses) {
  EXPECT_THAT(FitStatus(Classifier("categorical_crossentropy", 7), X(), Zeros(DType::kFloat32, {8, 3})),
              StatusIs(kInvalid, AllOf(HasSubstr("7"), HasSubstr("3"))));
  Tensor labels = Zeros(DType::kInt32, {8});
  labels.mutable_data<int32_t>()[5] = 3;
  EXPECT_THAT(FitStatus(Classifier("sparse_categorical_crossentropy"), X(), labels),
              StatusIs(kInvalid, AllOf(HasSubstr("3"), HasSubstr("sample 5"))));
}

TEST(Mistakes, WrongInputWidth) {
  EXPECT_THAT(FitStatus(Classifier("sparse_categorical_crossentropy"), X(8, 5), Zeros(DType::kInt32, {8})),
              StatusIs(kInvalid, AllOf(HasSubstr("f32[batch,4]"), HasSubstr("f32[8,5]"))));
  EXPECT_THAT(FitStatus(Classifier("sparse_categorical_crossentropy"), Zeros(DType::kFloat32, {8, 2, 2}),
                        Zeros(DType::kInt32, {8})),
              StatusIs(kInvalid, AllOf(HasSubstr("a sample of the data is [2,2]"), HasSubstr("a layer Flatten"))));
  Sequential model = Classifier("sparse_categorical_crossentropy");
  EXPECT_THAT(model.Predict(X(2, 3)), StatusIs(kInvalid, HasSubstr("f32[2,3]")));
}

TEST(Mistakes, SamplesDoNotMatch) {
  EXPECT_THAT(FitStatus(Classifier("sparse_categorical_crossentropy"), X(8), Zeros(DType::kInt32, {7})),
              StatusIs(kInvalid, AllOf(HasSubstr("x has 8 samples"), HasSubstr("i32[7]"))));
}

TEST(Mistakes, EmptyData) {
  EXPECT_THAT(FitStatus(Classifier("sparse_categorical_crossentropy"), X(0), Zeros(DType::kInt32, {0})),
              StatusIs(kInvalid, HasSubstr("x has no samples")));
  Sequential model = Classifier("sparse_categorical_crossentropy");
  EXPECT_THAT(model.Predict(X(0)), StatusIs(kInvalid, HasSubstr("x has no samples")));
  EXPECT_THAT(model.Evaluate(X(0), Zeros(DType::kInt32, {0})), StatusIs(kInvalid, HasSubstr("no samples")));
  EXPECT_THAT(model.Predict(Tensor::Scalar(DType::kFloat32, 1)), StatusIs(kInvalid, HasSubstr("scalar")));
}

TEST(Mistakes, MisspeltNames) {
  EXPECT_THAT(Sequential({Dense({.units = 2, .activation = "rellu"})}).Build({3}),
              StatusIs(kInvalid, AllOf(HasSubstr("layer dense"), HasSubstr("did you mean 'relu'"))));
  EXPECT_THAT(Classifier("categorical_crossentopy").status(),
              StatusIs(absl::StatusCode::kNotFound, HasSubstr("did you mean 'categorical_crossentropy'")));
  Sequential optimizer({Dense({.units = 2})});
  optimizer.Compile({.optimizer = "adma", .loss = "mse"});
  EXPECT_THAT(optimizer.status(), StatusIs(absl::StatusCode::kNotFound, HasSubstr("did you mean 'adam'")));
  EXPECT_THAT(optimizer.Predict(X()), StatusIs(absl::StatusCode::kNotFound)) << "the first error stays";
  Sequential metric({Dense({.units = 2})});
  metric.Compile({.optimizer = "adam", .loss = "mse", .metrics = {"acuracy"}});
  EXPECT_THAT(metric.Fit(X(), X(8, 2), {.verbose = 0}), StatusIs(absl::StatusCode::kNotFound, HasSubstr("'acuracy'")));
  Sequential layer(std::vector<LayerRef>{"flaten"});
  EXPECT_THAT(layer.Build({3}), StatusIs(absl::StatusCode::kNotFound, HasSubstr("did you mean 'flatten'")));
}

TEST(Mistakes, AnActivationThatIsNullIsNone) {
  const char* none = nullptr;
  WEFT_EXPECT_OK(Sequential({Dense({.units = 2, .activation = none})}).Build({3}));
  Sequential model({Dense({.units = 2})});
  model.Compile({.optimizer = "sgd", .loss = none});
  EXPECT_THAT(model.status(), StatusIs(kInvalid, HasSubstr("no loss is given")));
}

// Keras goes on with a loss that is not a number, and says so in its history.
TEST(Mistakes, NanInput) {
  Tensor x = X();
  x.mutable_data<float>()[3] = std::numeric_limits<float>::quiet_NaN();
  Sequential model = Classifier("sparse_categorical_crossentropy");
  WEFT_ASSERT_OK_AND_ASSIGN(History history, model.Fit(x, Zeros(DType::kInt32, {8}), {.epochs = 2, .verbose = 0}));
  EXPECT_TRUE(std::isnan(history.history["loss"][0]));
  EXPECT_TRUE(std::isnan(history.history["loss"][1]));
}

TEST(Mistakes, NotCompiled) {
  Sequential model({Dense({.units = 2})});
  EXPECT_THAT(model.Fit(X(), X()), StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("Compile")));
  EXPECT_THAT(model.Evaluate(X(), X()), StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("Compile")));
  model.Compile({.optimizer = "sgd"});
  EXPECT_THAT(model.status(), StatusIs(kInvalid, HasSubstr("no loss is given")));
}

TEST(Mistakes, NotBuilt) {
  Sequential model({Dense({.units = 2})});
  EXPECT_THAT(model.Summary(), StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("Input")));
  EXPECT_THAT(model.Save("/tmp/nowhere"), StatusIs(absl::StatusCode::kFailedPrecondition));
  EXPECT_THAT(Sequential().Build({3}), StatusIs(kInvalid, HasSubstr("no layers")));
}

TEST(Mistakes, BuiltTwiceAndAddedLate) {
  Sequential model({Dense({.units = 2})});
  WEFT_ASSERT_OK(model.Build({3}));
  EXPECT_THAT(model.Build({3}), StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("already built")));
  model.Add(Flatten());
  EXPECT_THAT(model.status(), StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("Add")));
  EXPECT_THAT(Sequential({Input({.shape = {4}}), Dense({.units = 2})}).Build({3}),
              StatusIs(kInvalid, AllOf(HasSubstr("f32[batch,4]"), HasSubstr("f32[batch,3]"))));
}

TEST(Mistakes, Layers) {
  EXPECT_THAT(Sequential({Dense({.units = 2, .name = "a"}), Dense({.units = 2, .name = "a"})}).Build({3}),
              StatusIs(kInvalid, HasSubstr("the name 'a' is already")));
  EXPECT_THAT(Sequential({Dense({.units = 2, .name = "optimizer"})}).Build({3}),
              StatusIs(kInvalid, HasSubstr("reserved")));
  EXPECT_THAT(Sequential({Flatten(), Input({.shape = {3}})}).Build({3}), StatusIs(kInvalid, HasSubstr("first layer")));
  const LayerRef shared = Dense({.units = 3});
  EXPECT_THAT(Sequential({shared, shared}).Build({3}), StatusIs(kInvalid, HasSubstr("same object")));
  EXPECT_THAT(Sequential({LayerRef()}).Build({3}), StatusIs(kInvalid, HasSubstr("no layer is given")));
}

TEST(Mistakes, FitOptions) {
  const Tensor x = X(), y = Zeros(DType::kInt32, {8}), weights = Zeros(DType::kFloat32, {7}), good = X(8, 1);
  const struct {
    FitOptions options;
    const char* message;
  } cases[] = {
      {{.batch_size = 0}, "batch_size must be at least 1"},
      {{.epochs = -1}, "epochs"},
      {{.epochs = 2, .initial_epoch = 3}, "initial_epoch (3)"},
      {{.validation_split = 1}, "validation_split must lie in [0, 1)"},
      {{.validation_split = 0.99}, "leaves nothing for training"},
      {{.validation_x = &x}, "together or not at all"},
      {{.sample_weight = &weights}, "sample_weight must be [8]"},
      {{.sample_weight = &good, .class_weight = {{0, 1.0}}}, "cannot be given together"},
      {{.validation_x = &good, .validation_y = &y}, "validation data: x"},
  };
  for (const auto& c : cases) {
    EXPECT_THAT(FitStatus(Classifier("sparse_categorical_crossentropy"), x, y, c.options),
                StatusIs(kInvalid, HasSubstr(c.message)));
  }
}

TEST(Mistakes, DataThatDoNotConvert) {
  Tensor x = Zeros(DType::kFloat64, {8, 4});
  x.mutable_data<double>()[6] = 0.1;
  EXPECT_THAT(
      FitStatus(Classifier("sparse_categorical_crossentropy"), x, Zeros(DType::kInt32, {8}), {.shuffle = false}),
      StatusIs(kInvalid, AllOf(HasSubstr("the data are f64, the model takes f32"), HasSubstr("sample 1"))));
}

TEST(Mistakes, OptimizerOptions) {
  Sequential model({Input({.shape = {4}}), Dense({.units = 1})});
  model.Compile({.optimizer = SGD({.clipnorm = 1, .clipvalue = 1}), .loss = "mse"});
  EXPECT_THAT(model.Fit(X(), X(8, 1)), StatusIs(kInvalid, HasSubstr("clip")));
}

TEST(Mistakes, LossWithoutReduction) {
  Sequential model({Input({.shape = {4}}), Dense({.units = 1})});
  model.Compile({.optimizer = "sgd", .loss = MeanSquaredError({.reduction = "none"})});
  EXPECT_THAT(model.Fit(X(), X(8, 1)), StatusIs(kInvalid, AllOf(HasSubstr("one number"), HasSubstr("none"))));
}

TEST(Mistakes, Threads) {
  Sequential model({Input({.shape = {4}}), Dense({.units = 1})}, {.threads = -2});
  EXPECT_THAT(model.Predict(X()), StatusIs(kInvalid, HasSubstr("threads")));
}

}  // namespace
}  // namespace weft
