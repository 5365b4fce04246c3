#include "models/sequential.h"

#include <signal.h>

#include <cmath>
#include <csignal>

#include "core/philox.h"
#include "core/testing/status_matchers.h"
#include "gtest/gtest.h"
#include "models/data/shuffle.h"
#include "models/data/to_categorical.h"
#include "models/layers/layers.h"
#include "models/optimizers/adam.h"
#include "models/optimizers/exponential_decay.h"
#include "models/optimizers/sgd.h"

namespace weft {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

struct Problem {
  Tensor x, y;
};

// Two interleaved half circles, with noise: y is [n, 1].
Problem Moons(int64_t n, uint64_t seed) {
  PhiloxStream random(seed);
  Problem problem{*Tensor::Create(DType::kFloat32, {n, 2}), *Tensor::Create(DType::kFloat32, {n, 1})};
  absl::Span<float> x = problem.x.mutable_data<float>(), y = problem.y.mutable_data<float>();
  for (int64_t i = 0; i < n; ++i) {
    const bool upper = i % 2 == 0;
    const double angle = M_PI * random.Uniform();
    x[2 * i] = static_cast<float>((upper ? std::cos(angle) : 1 - std::cos(angle)) + 0.1 * random.Normal());
    x[2 * i + 1] = static_cast<float>((upper ? std::sin(angle) : 0.5 - std::sin(angle)) + 0.1 * random.Normal());
    y[i] = upper ? 0 : 1;
  }
  return problem;
}

Tensor Random(Dims dims, uint64_t seed) {
  PhiloxStream random(seed);
  Tensor tensor = *Tensor::Create(DType::kFloat32, dims);
  for (float& v : tensor.mutable_data<float>()) v = static_cast<float>(random.Uniform() - 0.5);
  return tensor;
}

Tensor Labels(int64_t n, int classes) {
  Tensor labels = *Tensor::Create(DType::kInt32, {n});
  for (int64_t i = 0; i < n; ++i) labels.mutable_data<int32_t>()[i] = static_cast<int32_t>((i * 7 + i / 3) % classes);
  return labels;
}

FitOptions Quiet(FitOptions options) {
  options.verbose = 0;
  return options;
}

Sequential Classifier(SequentialOptions options = {.seed = 1, .threads = 1}) {
  Sequential model({Dense({.units = 8, .activation = "relu"}), Dense({.units = 3, .activation = "softmax"})},
                   std::move(options));
  model.Compile(
      {.optimizer = Adam({.learning_rate = 0.01}), .loss = "sparse_categorical_crossentropy", .metrics = {"accuracy"}});
  return model;
}

TEST(Sequential, LearnsXor) {
  const Tensor x = *Tensor::FromVector<float>({0, 0, 0, 1, 1, 0, 1, 1}, {4, 2});
  const Tensor y = *Tensor::FromVector<float>({0, 1, 1, 0}, {4, 1});
  Sequential model({Dense({.units = 8, .activation = "tanh"}), Dense({.units = 1, .activation = "sigmoid"})},
                   {.seed = 2});
  model.Compile({.optimizer = Adam({.learning_rate = 0.05}), .loss = "binary_crossentropy", .metrics = {"accuracy"}});
  WEFT_ASSERT_OK_AND_ASSIGN(History history, model.Fit(x, y, Quiet({.batch_size = 4, .epochs = 300})));
  EXPECT_EQ(history.history["accuracy"].back(), 1);
  EXPECT_LT(history.history["loss"].back(), 0.05);
  WEFT_ASSERT_OK_AND_ASSIGN(Tensor p, model.Predict(x));
  for (int i = 0; i < 4; ++i) EXPECT_EQ(p.data<float>()[i] > 0.5f, y.data<float>()[i] == 1);
}

TEST(Sequential, LearnsMoons) {
  const Problem train = Moons(1000, 1), test = Moons(500, 2);
  Sequential model({Dense({.units = 10, .activation = "relu", .kernel_initializer = "random_uniform"}),
                    Dense({.units = 20, .activation = "relu"}), Dense({.units = 1, .activation = "sigmoid"})},
                   {.seed = 4});
  model.Compile({.optimizer = Adam({.learning_rate = 0.01}), .loss = "binary_crossentropy", .metrics = {"accuracy"}});
  WEFT_ASSERT_OK_AND_ASSIGN(
      History history, model.Fit(train.x, train.y, Quiet({.batch_size = 16, .epochs = 30, .validation_split = 0.1})));
  EXPECT_GT(history.history["val_accuracy"].back(), 0.95);
  WEFT_ASSERT_OK_AND_ASSIGN(auto result, model.Evaluate(test.x, test.y));
  EXPECT_GT(result["accuracy"], 0.95);
  EXPECT_EQ(history.epoch.size(), 30u);
  EXPECT_EQ(history.seconds.size(), 30u);
  EXPECT_EQ(history.history.size(), 4u);
}

// ---- epochs, batches, averages

// A batch counts for its size: 16 + 16 + 16 + 5 samples.
TEST(Sequential, PartialBatchesAreAveragedAsInKeras) {
  const Tensor x = Random({53, 4}, 1), y = Labels(53, 3);
  Sequential fit = Classifier(), by_hand = Classifier();
  WEFT_ASSERT_OK_AND_ASSIGN(History history, fit.Fit(x, y, Quiet({.batch_size = 16, .epochs = 1, .shuffle = false})));
  double total = 0;
  for (int64_t begin = 0; begin < 53; begin += 16) {
    const int64_t end = std::min<int64_t>(begin + 16, 53);
    WEFT_ASSERT_OK_AND_ASSIGN(double loss, by_hand.TrainOnBatch(*x.Rows(begin, end), *y.Rows(begin, end)));
    total += loss * static_cast<double>(end - begin);
  }
  EXPECT_NEAR(history.history["loss"][0], total / 53, 1e-6);
  const double accuracy = history.history["accuracy"][0] * 53;
  EXPECT_NEAR(accuracy, std::round(accuracy), 1e-4) << "a whole number of samples is right";
  WEFT_ASSERT_OK_AND_ASSIGN(auto a, fit.Weights());
  WEFT_ASSERT_OK_AND_ASSIGN(auto b, by_hand.Weights());
  for (size_t i = 0; i < a.size(); ++i) EXPECT_TRUE(BitEqual(a[i].second, b[i].second)) << a[i].first;
}

TEST(Sequential, EvaluateDoesNotDependOnTheBatches) {
  const Tensor x = Random({53, 4}, 1), y = Labels(53, 3);
  Sequential model = Classifier();
  WEFT_ASSERT_OK_AND_ASSIGN(auto whole, model.Evaluate(x, y, {.batch_size = 53}));
  for (int64_t batch : {1, 7, 32, 1000}) {
    WEFT_ASSERT_OK_AND_ASSIGN(auto parts, model.Evaluate(x, y, {.batch_size = batch}));
    EXPECT_NEAR(parts["loss"], whole["loss"], 1e-6) << batch;
    EXPECT_EQ(parts["accuracy"], whole["accuracy"]) << batch;
  }
}

TEST(Sequential, PredictIsTheSameInAnyBatch) {
  const Tensor x = Random({53, 4}, 1);
  Sequential model = Classifier();
  WEFT_ASSERT_OK_AND_ASSIGN(Tensor whole, model.Predict(x, {.batch_size = 53}));
  for (int64_t batch : {1, 7, 32, 1000}) {
    WEFT_ASSERT_OK_AND_ASSIGN(Tensor parts, model.Predict(x, {.batch_size = batch}));
    EXPECT_TRUE(BitEqual(parts, whole)) << batch;
  }
}

TEST(Sequential, BatchOneAndBatchesLargerThanTheData) {
  const Tensor x = Random({5, 4}, 1), y = Labels(5, 3);
  for (int64_t batch : {1, 5, 64}) {
    Sequential model = Classifier();
    WEFT_ASSERT_OK_AND_ASSIGN(History history, model.Fit(x, y, Quiet({.batch_size = batch, .epochs = 2})));
    EXPECT_EQ(history.history["loss"].size(), 2u);
    EXPECT_LT(history.history["loss"][1], history.history["loss"][0]);
  }
}

// Rows go in the order of (seed, epoch): a run of two epochs is one of the first and then one of the second.
TEST(Sequential, ShuffledBySeedAndEpoch) {
  const Tensor x = Random({40, 4}, 1), y = Labels(40, 3);
  Sequential whole = Classifier(), halves = Classifier(), by_hand = Classifier();
  WEFT_ASSERT_OK(whole.Fit(x, y, Quiet({.batch_size = 16, .epochs = 2})));
  WEFT_ASSERT_OK(halves.Fit(x, y, Quiet({.batch_size = 16, .epochs = 1})));
  WEFT_ASSERT_OK_AND_ASSIGN(History second,
                            halves.Fit(x, y, Quiet({.batch_size = 16, .epochs = 2, .initial_epoch = 1})));
  EXPECT_THAT(second.epoch, ElementsAre(1));
  for (int64_t epoch = 0; epoch < 2; ++epoch) {
    const std::vector<int64_t> order = ShuffledOrder(40, 1, epoch);
    Tensor sorted_x = x.Clone(), sorted_y = y.Clone();
    for (int64_t i = 0; i < 40; ++i) {
      for (int64_t k = 0; k < 4; ++k) sorted_x.mutable_data<float>()[i * 4 + k] = x.data<float>()[order[i] * 4 + k];
      sorted_y.mutable_data<int32_t>()[i] = y.data<int32_t>()[order[i]];
    }
    WEFT_ASSERT_OK(by_hand.Fit(sorted_x, sorted_y, Quiet({.batch_size = 16, .epochs = 1, .shuffle = false})));
  }
  EXPECT_EQ(whole.state()->WeightsHash(), halves.state()->WeightsHash());
  EXPECT_EQ(whole.state()->WeightsHash(), by_hand.state()->WeightsHash());
}

TEST(Sequential, OneResultForAnyThreadsAndInstructionSet) {
  const Tensor x = Random({200, 4}, 1), y = Labels(200, 3);
  std::string first;
  for (Isa isa : HostIsas()) {
    for (int threads : {1, 2, 3}) {
      Sequential model = Classifier({.seed = 8, .threads = threads, .isa = isa});
      WEFT_ASSERT_OK(model.Fit(x, y, Quiet({.batch_size = 64, .epochs = 3})));
      const std::string hash = model.state()->WeightsHash();
      if (first.empty()) first = hash;
      EXPECT_EQ(hash, first) << Name(isa) << ", " << threads << " threads";
    }
  }
}

TEST(Sequential, SeedsDiffer) {
  const Tensor x = Random({2, 4}, 1);
  WEFT_ASSERT_OK_AND_ASSIGN(Tensor a, Classifier({.seed = 1}).Predict(x));
  WEFT_ASSERT_OK_AND_ASSIGN(Tensor b, Classifier({.seed = 1}).Predict(x));
  WEFT_ASSERT_OK_AND_ASSIGN(Tensor c, Classifier({.seed = 2}).Predict(x));
  EXPECT_TRUE(BitEqual(a, b));
  EXPECT_FALSE(BitEqual(a, c));
}

// ---- validation

TEST(Sequential, ValidationSplitIsTheTailBeforeShuffling) {
  const Tensor x = Random({50, 4}, 1), y = Labels(50, 3);
  Sequential split = Classifier(), given = Classifier();
  WEFT_ASSERT_OK_AND_ASSIGN(History a, split.Fit(x, y, Quiet({.batch_size = 8, .epochs = 2, .validation_split = 0.2})));
  const Tensor val_x = *x.Rows(40, 50), val_y = *y.Rows(40, 50);
  FitOptions options = Quiet({.batch_size = 8, .epochs = 2});
  options.validation_x = &val_x;
  options.validation_y = &val_y;
  WEFT_ASSERT_OK_AND_ASSIGN(History b, given.Fit(*x.Rows(0, 40), *y.Rows(0, 40), options));
  EXPECT_EQ(a.history, b.history);
  EXPECT_EQ(split.state()->WeightsHash(), given.state()->WeightsHash());
  WEFT_ASSERT_OK_AND_ASSIGN(auto evaluated, split.Evaluate(val_x, val_y, {.batch_size = 8}));
  EXPECT_EQ(evaluated["loss"], a.history["val_loss"].back());
}

// ---- weights of samples

TEST(Sequential, SampleWeights) {
  const Tensor x = Random({30, 4}, 1), y = Labels(30, 3);
  Tensor weights = *Tensor::Create(DType::kFloat32, {30});
  for (float& w : weights.mutable_data<float>()) w = 1;
  Sequential plain = Classifier(), ones = Classifier(), zeros = Classifier();
  WEFT_ASSERT_OK_AND_ASSIGN(double without, plain.TrainOnBatch(x, y));
  WEFT_ASSERT_OK_AND_ASSIGN(double with_ones, ones.TrainOnBatch(x, y, &weights));
  EXPECT_EQ(without, with_ones);
  WEFT_ASSERT_OK_AND_ASSIGN(auto a, plain.Weights());
  WEFT_ASSERT_OK_AND_ASSIGN(auto b, ones.Weights());
  for (size_t i = 0; i < a.size(); ++i) EXPECT_TRUE(BitEqual(a[i].second, b[i].second));
  for (float& w : weights.mutable_data<float>()) w = 0;
  WEFT_ASSERT_OK_AND_ASSIGN(double nothing, zeros.TrainOnBatch(x, y, &weights));
  EXPECT_EQ(nothing, 0);
  WEFT_EXPECT_OK(ones.Fit(x, y, Quiet({.epochs = 1}))) << "without weights again";
  WEFT_ASSERT_OK_AND_ASSIGN(auto evaluated, zeros.Evaluate(x, y, {.sample_weight = &weights}));
  EXPECT_EQ(evaluated["loss"], 0);
  EXPECT_GT(evaluated["accuracy"], 0) << "metrics are not weighted, as in Keras";
}

TEST(Sequential, WeightsInTheMiddleOfTrainingLoseNothing) {
  const Tensor x = Random({30, 4}, 1), y = Labels(30, 3);
  Tensor ones = *Tensor::Create(DType::kFloat32, {30});
  for (float& w : ones.mutable_data<float>()) w = 1;
  Sequential plain = Classifier(), mixed = Classifier();
  for (int i = 0; i < 4; ++i) {
    WEFT_ASSERT_OK_AND_ASSIGN(double a, plain.TrainOnBatch(x, y));
    WEFT_ASSERT_OK_AND_ASSIGN(double b, mixed.TrainOnBatch(x, y, i % 2 == 1 ? &ones : nullptr));
    EXPECT_EQ(a, b) << i;
  }
  EXPECT_EQ(plain.state()->WeightsHash(), mixed.state()->WeightsHash());
}

TEST(Sequential, ClassWeightsAreSampleWeights) {
  const Tensor x = Random({30, 4}, 1), y = Labels(30, 3);
  Tensor weights = *Tensor::Create(DType::kFloat32, {30});
  for (int i = 0; i < 30; ++i) {
    const int label = y.data<int32_t>()[i];
    weights.mutable_data<float>()[i] = label == 0 ? 2.0f : label == 1 ? 0.5f : 1.0f;
  }
  Sequential by_class = Classifier(), by_sample = Classifier();
  FitOptions options = Quiet({.batch_size = 8, .epochs = 2, .class_weight = {{0, 2.0}, {1, 0.5}}});
  WEFT_ASSERT_OK_AND_ASSIGN(History a, by_class.Fit(x, y, options));
  FitOptions sampled = Quiet({.batch_size = 8, .epochs = 2, .sample_weight = &weights});
  WEFT_ASSERT_OK_AND_ASSIGN(History b, by_sample.Fit(x, y, sampled));
  EXPECT_EQ(a.history, b.history);

  Sequential one_hot({Dense({.units = 8, .activation = "relu"}), Dense({.units = 3, .activation = "softmax"})},
                     {.seed = 1, .threads = 1});
  one_hot.Compile({.optimizer = Adam({.learning_rate = 0.01}), .loss = "categorical_crossentropy"});
  WEFT_ASSERT_OK_AND_ASSIGN(Tensor hot, ToCategorical(y, 3));
  WEFT_ASSERT_OK_AND_ASSIGN(History c, one_hot.Fit(x, hot, options));
  EXPECT_NEAR(c.history["loss"][1], a.history["loss"][1], 1e-5);
}

TEST(Sequential, ClassWeightsAreNotForValidation) {
  const Tensor x = Random({30, 4}, 1), y = Labels(30, 3);
  Sequential model = Classifier();
  WEFT_ASSERT_OK_AND_ASSIGN(
      History history,
      model.Fit(x, y, Quiet({.batch_size = 8, .epochs = 1, .validation_split = 0.4, .class_weight = {{0, 100.0}}})));
  WEFT_ASSERT_OK_AND_ASSIGN(auto evaluated, model.Evaluate(*x.Rows(18, 30), *y.Rows(18, 30), {.batch_size = 8}));
  EXPECT_EQ(evaluated["loss"], history.history["val_loss"][0]);
}

// ---- callbacks and cancellation

struct Watcher final : Callback {
  absl::Status OnTrainBegin(TrainingControl&) override { return Note("begin"); }
  absl::Status OnTrainEnd(TrainingControl&, const Logs& logs) override {
    return Note(logs.contains("loss") ? "end" : "end without logs");
  }
  absl::Status OnEpochBegin(TrainingControl& control, int64_t epoch) override {
    if (epoch == 1) {
      EXPECT_TRUE(control.SetLearningRate(0.5).ok());
    }
    return Note("epoch " + std::to_string(epoch));
  }
  absl::Status OnEpochEnd(TrainingControl& control, int64_t epoch, const Logs& logs) override {
    rates.push_back(control.learning_rate());
    EXPECT_TRUE(logs.contains("val_loss"));
    if (epoch == stop_after) control.StopTraining();
    return Note("done " + std::to_string(epoch));
  }
  absl::Status OnTrainBatchEnd(TrainingControl&, int64_t step) override {
    steps.push_back(step);
    return step == fail_at ? absl::InternalError("callback failed") : absl::OkStatus();
  }
  absl::Status Note(std::string what) {
    calls.push_back(std::move(what));
    return absl::OkStatus();
  }
  std::vector<std::string> calls;
  std::vector<int64_t> steps;
  std::vector<double> rates;
  int64_t stop_after = -1, fail_at = -1;
};

TEST(Sequential, Callbacks) {
  const Tensor x = Random({30, 4}, 1), y = Labels(30, 3);
  Sequential model = Classifier();
  auto watcher = std::make_shared<Watcher>();
  watcher->stop_after = 1;
  FitOptions options = Quiet({.batch_size = 16, .epochs = 5, .validation_split = 0.2, .callbacks = {watcher}});
  WEFT_ASSERT_OK_AND_ASSIGN(History history, model.Fit(x, y, options));
  EXPECT_THAT(watcher->calls, ElementsAre("begin", "epoch 0", "done 0", "epoch 1", "done 1", "end"));
  EXPECT_THAT(watcher->steps, ElementsAre(0, 1, 0, 1));
  EXPECT_THAT(watcher->rates, ElementsAre(::testing::DoubleNear(0.01, 1e-8), 0.5));
  EXPECT_EQ(history.epoch.size(), 2u);
  watcher->fail_at = 1;
  EXPECT_THAT(model.Fit(x, y, options), StatusIs(absl::StatusCode::kInternal, HasSubstr("callback failed")));
}

TEST(Sequential, AScheduleCannotBeSet) {
  struct Setter final : Callback {
    absl::Status OnTrainBegin(TrainingControl& control) override { return control.SetLearningRate(1); }
  };
  Sequential model({Dense({.units = 1})});
  model.Compile({.optimizer = SGD({.learning_rate = ExponentialDecay(
                                       {.initial_learning_rate = 0.1, .decay_steps = 10, .decay_rate = 0.5})}),
                 .loss = "mse"});
  EXPECT_THAT(model.Fit(Random({4, 2}, 1), Random({4, 1}, 2), Quiet({.callbacks = {std::make_shared<Setter>()}})),
              StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("schedule")));
  EXPECT_EQ(model.module()->FindVariable("optimizer/learning_rate"), nullptr);
}

TEST(Sequential, CancelledAfterAWholeStep) {
  const Tensor x = Random({64, 4}, 1), y = Labels(64, 3);
  struct Canceller final : Callback {
    absl::Status OnTrainBatchEnd(TrainingControl&, int64_t) override {
      if (++count == 6) cancel = true;
      return absl::OkStatus();
    }
    std::atomic<bool> cancel{false};
    int count = 0;
  };
  auto canceller = std::make_shared<Canceller>();
  Sequential model = Classifier(), whole = Classifier();
  FitOptions options = Quiet({.batch_size = 16, .epochs = 10, .shuffle = false, .callbacks = {canceller}});
  options.cancel = &canceller->cancel;
  EXPECT_THAT(model.Fit(x, y, options), StatusIs(absl::StatusCode::kCancelled, HasSubstr("epoch 2 of 10")));
  EXPECT_THAT(model.history().epoch, ElementsAre(0, 1));
  EXPECT_EQ(model.history().history.at("loss").size(), 2u);
  for (int step = 0; step < 6; ++step) {
    const int64_t begin = step % 4 * 16;
    WEFT_ASSERT_OK(whole.TrainOnBatch(*x.Rows(begin, begin + 16), *y.Rows(begin, begin + 16)));
  }
  WEFT_ASSERT_OK_AND_ASSIGN(auto a, model.Weights());
  WEFT_ASSERT_OK_AND_ASSIGN(auto b, whole.Weights());
  for (size_t i = 0; i < a.size(); ++i) EXPECT_TRUE(BitEqual(a[i].second, b[i].second));
  options.cancel = nullptr;
  options.callbacks.clear();
  options.epochs = 1;
  WEFT_EXPECT_OK(model.Fit(x, y, options)) << "the model goes on";
}

TEST(Sequential, InterruptDoesTheSame) {
  const Tensor x = Random({64, 4}, 1), y = Labels(64, 3);
  struct Raiser final : Callback {
    absl::Status OnTrainBatchEnd(TrainingControl&, int64_t step) override {
      if (step == 2) raise(SIGINT);
      return absl::OkStatus();
    }
  };
  void (*before)(int) = std::signal(SIGINT, SIG_IGN);
  Sequential model = Classifier();
  EXPECT_THAT(model.Fit(x, y, Quiet({.batch_size = 16, .epochs = 3, .callbacks = {std::make_shared<Raiser>()}})),
              StatusIs(absl::StatusCode::kCancelled));
  EXPECT_THAT(model.history().epoch, ElementsAre(0));
  EXPECT_EQ(std::signal(SIGINT, before), SIG_IGN) << "what handled the signal before does so again";
}

TEST(Sequential, ReportsThroughTheSink) {
  const Tensor x = Random({64, 4}, 1), y = Labels(64, 3);
  std::string text;
  FitOptions options{.batch_size = 16, .epochs = 2, .validation_split = 0.5};
  options.sink = [&](absl::string_view part) { text += std::string(part); };
  Sequential model = Classifier();
  WEFT_ASSERT_OK(model.Fit(x, y, options));
  EXPECT_THAT(text, ::testing::MatchesRegex("Epoch 1/2\n2/2 - 0s - [0-9]+[mu]s/step - accuracy: [0-9.]+ - loss: [0-9.]+"
                                            " - val_accuracy: [0-9.]+ - val_loss: [0-9.]+\nEpoch 2/2\n2/2 - 0s .*\n"));
  text.clear();
  options.verbose = 1;
  WEFT_ASSERT_OK(model.Fit(x, y, options));
  EXPECT_THAT(text, AllOf(HasSubstr("━━━━━━━━━━━━━━━━━━━━"), HasSubstr("\r"), HasSubstr("val_loss: ")));
  text.clear();
  options.verbose = 0;
  WEFT_ASSERT_OK(model.Fit(x, y, options));
  EXPECT_THAT(text, IsEmpty());
  WEFT_ASSERT_OK(model.Evaluate(x, y, {.verbose = 2, .sink = options.sink}));
  EXPECT_THAT(text, ::testing::MatchesRegex("2/2 - 0s - .* - accuracy: .* - loss: .*\n"));
}

// ---- module, summary, weights

TEST(Sequential, SummaryIsKerasTable) {
  Sequential model({Input({.shape = {28, 28}}), Flatten(), Dense({.units = 512, .activation = "relu"}), Dropout(0.2),
                    Dense({.units = 10, .name = "a_name_that_is_far_too_long_for_its_column"})},
                   {.name = "digits"});
  WEFT_ASSERT_OK_AND_ASSIGN(std::string text, model.Summary());
  EXPECT_EQ(text, R"(Model: "digits"
┏━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━━━━━━┓
┃ Layer (type)                         ┃ Output Shape                ┃         Param # ┃
┡━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━━━━━━┩
│ flatten (Flatten)                    │ (None, 784)                 │               0 │
├──────────────────────────────────────┼─────────────────────────────┼─────────────────┤
│ dense (Dense)                        │ (None, 512)                 │         401,920 │
├──────────────────────────────────────┼─────────────────────────────┼─────────────────┤
│ dropout (Dropout)                    │ (None, 512)                 │               0 │
├──────────────────────────────────────┼─────────────────────────────┼─────────────────┤
│ a_name_that_is_far_too_long_for_its_ │ (None, 10)                  │           5,130 │
│ column (Dense)                       │                             │                 │
└──────────────────────────────────────┴─────────────────────────────┴─────────────────┘
 Total params: 407,050 (1.55 MB)
 Trainable params: 407,050 (1.55 MB)
 Non-trainable params: 0 (0.00 B)
)");
  model.Compile({.optimizer = "rmsprop", .loss = "mse"});
  WEFT_ASSERT_OK_AND_ASSIGN(text, model.Summary());
  EXPECT_THAT(text, AllOf(HasSubstr(" Total params: 814,102 (3.11 MB)\n"),
                          HasSubstr(" Optimizer params: 407,052 (1.55 MB)\n")));
}

TEST(Sequential, NamesLayersPerModel) {
  for (int i = 0; i < 2; ++i) {
    Sequential model({Dense({.units = 2}), Dense({.units = 2, .name = "dense_1"}), Dense({.units = 2}), Flatten()});
    WEFT_ASSERT_OK(model.Build({3}));
    WEFT_ASSERT_OK_AND_ASSIGN(auto weights, model.Weights());
    std::vector<std::string> names;
    for (const auto& [name, value] : weights) names.push_back(name);
    EXPECT_THAT(names, ElementsAre("dense/kernel", "dense/bias", "dense_1/kernel", "dense_1/bias", "dense_2/kernel",
                                   "dense_2/bias"));
  }
}

TEST(Sequential, WeightsRoundTrip) {
  const Tensor x = Random({6, 4}, 1);
  Sequential a = Classifier({.seed = 1}), b = Classifier({.seed = 2});
  WEFT_ASSERT_OK_AND_ASSIGN(Tensor ya, a.Predict(x));
  WEFT_ASSERT_OK(b.Predict(x));
  WEFT_ASSERT_OK_AND_ASSIGN(auto weights, a.Weights());
  std::vector<Tensor> tensors;
  for (auto& [name, value] : weights) tensors.push_back(value);
  WEFT_ASSERT_OK(b.SetWeights(tensors));
  WEFT_ASSERT_OK_AND_ASSIGN(Tensor yb, b.Predict(x));
  EXPECT_TRUE(BitEqual(ya, yb));
  EXPECT_THAT(b.SetWeights({}), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("has 4 weights, received 0")));
  std::swap(tensors[0], tensors[2]);
  EXPECT_THAT(b.SetWeights(tensors),
              StatusIs(absl::StatusCode::kInvalidArgument, AllOf(HasSubstr("dense/kernel"), HasSubstr("f32[4,8]"))));
}

TEST(Sequential, CompileAgainKeepsWeightsAndRestartsTheOptimizer) {
  const Tensor x = Random({30, 4}, 1), y = Labels(30, 3);
  Sequential model = Classifier();
  WEFT_ASSERT_OK(model.Fit(x, y, Quiet({.epochs = 2})));
  WEFT_ASSERT_OK_AND_ASSIGN(auto before, model.Weights());
  model.Compile({.optimizer = "sgd", .loss = "sparse_categorical_crossentropy"});
  WEFT_ASSERT_OK(model.status());
  WEFT_ASSERT_OK_AND_ASSIGN(auto after, model.Weights());
  for (size_t i = 0; i < before.size(); ++i) EXPECT_TRUE(BitEqual(before[i].second, after[i].second));
  WEFT_ASSERT_OK_AND_ASSIGN(Tensor iterations, model.state()->Get("optimizer/iterations"));
  EXPECT_EQ(iterations.AtInt(0), 0);
  WEFT_EXPECT_OK(model.Fit(x, y, Quiet({.epochs = 1})));
}

TEST(Sequential, PeakCompileTimeAndReceiptsAreKnown) {
  Sequential model = Classifier();
  EXPECT_EQ(model.peak_bytes(), 0);
  EXPECT_EQ(model.module(), nullptr);
  EXPECT_THAT(model.receipts(), IsEmpty());
  WEFT_ASSERT_OK(model.Fit(Random({64, 4}, 1), Labels(64, 3), Quiet({.batch_size = 32, .epochs = 1})));
  EXPECT_GT(model.peak_bytes(), 32 * 8 * 4);
  EXPECT_GT(model.compile_ms(), 0);
  EXPECT_THAT(model.receipts(), Not(IsEmpty()));
}

TEST(Sequential, ConvertsDataWhileBatchesAreMade) {
  const Tensor bytes = *Tensor::FromVector<uint8_t>({0, 10, 20, 30, 40, 255}, {3, 2});
  const Tensor floats = *Tensor::FromVector<float>({0, 10, 20, 30, 40, 255}, {3, 2});
  Sequential model({Dense({.units = 2})}, {.seed = 6});
  WEFT_ASSERT_OK_AND_ASSIGN(Tensor a, model.Predict(floats));
  WEFT_ASSERT_OK_AND_ASSIGN(Tensor b, model.Predict(bytes));
  EXPECT_TRUE(BitEqual(a, b));
}

}  // namespace
}  // namespace weft
