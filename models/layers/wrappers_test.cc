// Bidirectional, TimeDistributed, Masking and Embedding beyond the harness.
#include <algorithm>

#include "core/philox.h"
#include "core/testing/status_matchers.h"
#include "gtest/gtest.h"
#include "models/layers/layers.h"
#include "models/layers/testing/joined.h"
#include "models/optimizers/sgd.h"
#include "models/sequential.h"

namespace weft {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr int64_t kUnits = 4, kFeatures = 3, kSteps = 6;

Tensor Random(const Dims& dims, uint64_t seed = 1) {
  Tensor tensor = *Tensor::Create(DType::kFloat32, dims);
  PhiloxStream random(seed);
  for (float& v : tensor.mutable_data<float>()) v = static_cast<float>(random.Uniform() * 2 - 1);
  return tensor;
}

Sequential Model(std::vector<LayerRef> layers) { return Sequential(std::move(layers), {.seed = 2, .threads = 1}); }

// y of a model of one layer with these weights.
absl::StatusOr<Tensor> Apply(LayerRef layer, absl::Span<const Tensor> weights, const Tensor& x) {
  Sequential model = Model({std::move(layer)});
  Shape sample;
  for (size_t i = 1; i < x.dims().size(); ++i) sample.push_back(x.dims()[i]);
  WEFT_RETURN_IF_ERROR(model.Build(sample));
  WEFT_RETURN_IF_ERROR(model.SetWeights(weights));
  return model.Predict(x);
}

std::vector<Tensor> Values(const std::vector<std::pair<std::string, Tensor>>& weights, size_t begin, size_t end) {
  std::vector<Tensor> values;
  for (size_t i = begin; i < end; ++i) values.push_back(weights[i].second);
  return values;
}

// The elements of y [batch, (time,) units] in the order of time turned round.
std::vector<float> TurnedRound(const Tensor& y) {
  const int64_t units = y.dims().back(), time = y.rank() == 3 ? y.dims()[1] : 1;
  std::vector<float> turned(y.data<float>().begin(), y.data<float>().end());
  for (int64_t b = 0; b < y.dims()[0]; ++b) {
    for (int64_t t = 0; t < time; ++t) {
      std::copy_n(y.data<float>().data() + (b * time + t) * units, units,
                  turned.data() + (b * time + time - 1 - t) * units);
    }
  }
  return turned;
}

TEST(Bidirectional, MergesALayerFromBothEnds) {
  const Tensor x = Random({5, kSteps, kFeatures});
  for (bool sequences : {false, true}) {
    const LSTMOptions options{.units = kUnits, .return_sequences = sequences};
    LSTMOptions reversed = options;
    reversed.go_backwards = true;
    for (const std::string mode : {"concat", "sum", "ave", "mul"}) {
      Sequential model = Model({Bidirectional({.layer = LSTM(options), .merge_mode = mode})});
      WEFT_ASSERT_OK_AND_ASSIGN(Tensor y, model.Predict(x));
      WEFT_ASSERT_OK_AND_ASSIGN(auto weights, model.Weights());
      ASSERT_EQ(weights.size(), 6u);
      EXPECT_EQ(weights[0].first, "bidirectional/forward_lstm/kernel");
      EXPECT_EQ(weights[5].first, "bidirectional/backward_lstm/bias");
      EXPECT_FALSE(BitEqual(weights[0].second, weights[3].second));
      WEFT_ASSERT_OK_AND_ASSIGN(Tensor forward, Apply(LSTM(options), Values(weights, 0, 3), x));
      WEFT_ASSERT_OK_AND_ASSIGN(Tensor backward, Apply(LSTM(reversed), Values(weights, 3, 6), x));
      const std::vector<float> b = TurnedRound(backward);
      const int64_t columns = mode == "concat" ? 2 * kUnits : kUnits;
      ASSERT_EQ(y.num_elements(), forward.num_elements() * columns / kUnits);
      for (int64_t i = 0; i < forward.num_elements(); ++i) {
        const float f = forward.data<float>()[i];
        const int64_t at = i / kUnits * columns + i % kUnits;
        const float want = mode == "concat" ? f : mode == "sum" ? f + b[i] : mode == "ave" ? (f + b[i]) / 2 : f * b[i];
        ASSERT_EQ(y.data<float>()[at], want) << mode << " " << i;
        if (mode == "concat") {
          ASSERT_EQ(y.data<float>()[at + kUnits], b[i]) << i;
        }
      }
    }
  }
}

TEST(Bidirectional, WithoutMergingThereAreTwoOutputsAndThenTheStates) {
  const Tensor x = Random({2, kSteps, kFeatures});
  auto outputs = [&](std::optional<std::string> mode, bool state) {
    return Model({Joined({.layer = Bidirectional(
                              {.layer = LSTM({.units = kUnits, .return_state = state}), .merge_mode = mode})})})
        .Predict(x);
  };
  WEFT_ASSERT_OK_AND_ASSIGN(Tensor concat, outputs("concat", false));
  WEFT_ASSERT_OK_AND_ASSIGN(Tensor two, outputs({}, false));
  EXPECT_TRUE(BitEqual(concat, two));
  WEFT_ASSERT_OK_AND_ASSIGN(Tensor states, outputs({}, true));  // y, y, h, c, h, c
  ASSERT_EQ(states.dims(), (Dims{2, 6 * kUnits}));
  for (int64_t i = 0; i < kUnits; ++i) {
    EXPECT_EQ(states.data<float>()[i], states.data<float>()[2 * kUnits + i]);
    EXPECT_EQ(states.data<float>()[kUnits + i], states.data<float>()[4 * kUnits + i]);
  }
}

TEST(Bidirectional, InitialStatesGoToTheirDirections) {
  const std::vector<std::vector<int64_t>> pieces = {{kSteps, kFeatures}, {kUnits}, {kUnits}};
  Tensor x = Random({1, kSteps * kFeatures + 2 * kUnits});
  auto run = [&](float forward, float backward) {
    for (int64_t i = 0; i < kUnits; ++i) {
      x.mutable_data<float>()[kSteps * kFeatures + i] = forward;
      x.mutable_data<float>()[kSteps * kFeatures + kUnits + i] = backward;
    }
    return Model({Joined({.layer = Bidirectional(GRU({.units = kUnits})), .pieces = pieces})}).Predict(x).value();
  };
  const Tensor none = run(0, 0), first = run(1, 0), second = run(0, 1);
  EXPECT_NE(none.data<float>()[0], first.data<float>()[0]);
  EXPECT_EQ(none.data<float>()[kUnits], first.data<float>()[kUnits]);
  EXPECT_EQ(none.data<float>()[0], second.data<float>()[0]);
  EXPECT_NE(none.data<float>()[kUnits], second.data<float>()[kUnits]);
}

TEST(Bidirectional, MaskedStepsAreZeroInSequences) {
  Tensor x = Random({1, kSteps, kFeatures});
  std::fill_n(x.mutable_data<float>().data() + 4 * kFeatures, 2 * kFeatures, 0.f);
  Sequential model = Model({Masking(), Bidirectional(LSTM({.units = kUnits, .return_sequences = true}))});
  WEFT_ASSERT_OK_AND_ASSIGN(Tensor y, model.Predict(x));
  for (int64_t i = 0; i < kSteps * 2 * kUnits; ++i) {
    EXPECT_EQ(y.data<float>()[i] == 0, i / (2 * kUnits) >= 4) << i;
  }
}

TEST(Bidirectional, TheBackwardLayerMayBeOfAnotherKind) {
  Sequential model = Model({Bidirectional({.layer = LSTM({.units = 2, .name = "forward_memory"}),
                                           .backward_layer = GRU({.units = 3, .go_backwards = true})})});
  WEFT_ASSERT_OK_AND_ASSIGN(Tensor y, model.Predict(Random({2, kSteps, kFeatures})));
  EXPECT_EQ(y.dims(), (Dims{2, 5}));
  WEFT_ASSERT_OK_AND_ASSIGN(auto weights, model.Weights());
  EXPECT_EQ(weights[0].first, "bidirectional/forward_memory/kernel");
  EXPECT_EQ(weights[3].first, "bidirectional/backward_gru/kernel");
}

TEST(TimeDistributed, IsTheLayerOnEachStep) {
  const Tensor x = Random({3, kSteps, 5, kFeatures});
  Sequential model = Model({TimeDistributed(LSTM({.units = kUnits}))});
  WEFT_ASSERT_OK_AND_ASSIGN(Tensor y, model.Predict(x));
  EXPECT_EQ(y.dims(), (Dims{3, kSteps, kUnits}));
  WEFT_ASSERT_OK_AND_ASSIGN(auto weights, model.Weights());
  EXPECT_EQ(weights[0].first, "time_distributed/lstm/kernel");
  WEFT_ASSERT_OK_AND_ASSIGN(
      Tensor steps, Apply(LSTM({.units = kUnits}), Values(weights, 0, 3), *x.Reshaped({3 * kSteps, 5, kFeatures})));
  EXPECT_TRUE(BitEqual(*y.Reshaped({3 * kSteps, kUnits}), steps));
}

TEST(TimeDistributed, AMaskWithinStepsGoesToTheLayer) {
  Tensor x = Random({1, 2, 3, kFeatures});
  std::fill_n(x.mutable_data<float>().data() + 2 * kFeatures, kFeatures, 0.f);  // the last third of step 0
  Sequential model = Model({Masking(), TimeDistributed(LSTM({.units = kUnits}))});
  WEFT_ASSERT_OK_AND_ASSIGN(Tensor y, model.Predict(x));
  WEFT_ASSERT_OK_AND_ASSIGN(auto weights, model.Weights());
  Tensor kept = *Tensor::Create(DType::kFloat32, {1, 2, kFeatures});
  std::copy_n(x.data<float>().data(), 2 * kFeatures, kept.mutable_data<float>().data());
  WEFT_ASSERT_OK_AND_ASSIGN(Tensor short_y, Apply(LSTM({.units = kUnits}), Values(weights, 0, 3), kept));
  for (int64_t i = 0; i < kUnits; ++i) EXPECT_EQ(y.data<float>()[i], short_y.data<float>()[i]);
}

// Words, sentences, texts: a sentence of padding is left out of the text.
TEST(TimeDistributed, AStepOfNothingButMaskedPartsIsMasked) {
  auto model = [](int64_t sentences) {
    return Model({Input({.shape = {sentences, 4}, .dtype = DType::kInt32}),
                  Embedding({.input_dim = 9, .output_dim = 3, .mask_zero = true}),
                  TimeDistributed(LSTM({.units = kUnits})), LSTM({.units = 2})});
  };
  const std::vector<int32_t> words = {3, 5, 0, 0, 7, 1, 2, 0, 0, 0, 0, 0};
  WEFT_ASSERT_OK_AND_ASSIGN(Tensor padded, model(3).Predict(*Tensor::FromVector<int32_t>(words, {1, 3, 4})));
  WEFT_ASSERT_OK_AND_ASSIGN(
      Tensor two, model(2).Predict(*Tensor::FromVector<int32_t>(absl::MakeConstSpan(words).first(8), {1, 2, 4})));
  EXPECT_TRUE(BitEqual(padded, two));
}

TEST(TimeDistributed, TheMaskOfStepsPassesOn) {
  Tensor x = Random({1, kSteps, kFeatures});
  std::fill_n(x.mutable_data<float>().data() + 3 * kFeatures, 3 * kFeatures, 0.f);
  Sequential masked = Model({Masking(), TimeDistributed(Dense({.units = 2})), SimpleRNN({.units = 2})});
  Sequential plain = Model({TimeDistributed(Dense({.units = 2})), SimpleRNN({.units = 2})});
  Tensor kept = *Tensor::Create(DType::kFloat32, {1, 3, kFeatures});
  std::copy_n(x.data<float>().data(), 3 * kFeatures, kept.mutable_data<float>().data());
  WEFT_ASSERT_OK_AND_ASSIGN(Tensor a, masked.Predict(x));
  WEFT_ASSERT_OK_AND_ASSIGN(Tensor b, plain.Predict(kept));
  EXPECT_TRUE(BitEqual(a, b));
}

// As Keras: a step is normalized by its own statistics, and the moving ones move once a step.
TEST(TimeDistributed, BatchNormalizationSeesStepAfterStep) {
  const BatchNormalizationLayer norm =
      BatchNormalization({.momentum = 0.75, .epsilon = 1, .center = false, .scale = false});
  const Tensor x = *Tensor::FromVector<float>({1, 10, 3, 30}, {2, 2, 1});  // means 2 and 20, variances 1 and 100
  const Tensor zeros = *Tensor::Create(DType::kFloat32, x.dims());
  for (int threads : {1, 2}) {
    Sequential model({TimeDistributed(norm)}, {.threads = threads});
    model.Compile({.optimizer = SGD({.learning_rate = 0}), .loss = "mse"});
    WEFT_ASSERT_OK_AND_ASSIGN(double loss, model.TrainOnBatch(x, zeros));
    EXPECT_FLOAT_EQ(static_cast<float>(loss), static_cast<float>((1 / 2. + 100 / 101.) / 2));
    WEFT_ASSERT_OK_AND_ASSIGN(auto weights, model.Weights());
    EXPECT_EQ(weights[0].first, "time_distributed/batch_normalization/moving_mean");
    EXPECT_FLOAT_EQ(weights[0].second.data<float>()[0], 0.75f * (0.25f * 2) + 0.25f * 20);
    EXPECT_FLOAT_EQ(weights[1].second.data<float>()[0], 0.75f * (0.75f + 0.25f * 1) + 0.25f * 100);
    // Elsewhere it is the same function of every step.
    WEFT_ASSERT_OK_AND_ASSIGN(Tensor y, model.Predict(x));
    WEFT_ASSERT_OK_AND_ASSIGN(Tensor merged, Apply(norm, Values(weights, 0, 2), *x.Reshaped({4, 1})));
    EXPECT_TRUE(BitEqual(*y.Reshaped({4, 1}), merged));
  }
}

TEST(TimeDistributed, MaskedSamplesOfAStepDoNotCountForItsStatistics) {
  Sequential model({Masking(), TimeDistributed(BatchNormalization({.momentum = 0}))}, {.threads = 1});
  model.Compile({.optimizer = SGD({.learning_rate = 0}), .loss = "mse"});
  const Tensor x = *Tensor::FromVector<float>({1, 8, 3, 0, 5, 4}, {3, 2, 1});  // step 1: 8 and 4
  WEFT_ASSERT_OK(model.TrainOnBatch(x, x));
  WEFT_ASSERT_OK_AND_ASSIGN(auto weights, model.Weights());
  EXPECT_NEAR(weights[2].second.AtDouble(0), 6, 1e-5);
  EXPECT_NEAR(weights[3].second.AtDouble(0), 4, 1e-5);
}

TEST(TimeDistributed, BatchNormalizationTrainsThroughTheSteps) {
  const Tensor x = Random({8, 3, kFeatures}), y = Random({8, 3, 2}, 2);
  std::string hash;
  for (int threads : {1, 2, 3}) {
    Sequential model({TimeDistributed(TimeDistributed(Dense({.units = 4}))), TimeDistributed(Flatten()),
                      TimeDistributed(BatchNormalization()), Dense({.units = 2})},
                     {.seed = 2, .threads = threads});
    model.Compile({.optimizer = SGD({.learning_rate = 0.1}), .loss = "mse"});
    const Tensor deep = *x.Reshaped({8, 3, 1, kFeatures});
    WEFT_ASSERT_OK_AND_ASSIGN(double first, model.TrainOnBatch(deep, y));
    double last = first;
    for (int step = 0; step < 20; ++step) {
      WEFT_ASSERT_OK_AND_ASSIGN(last, model.TrainOnBatch(deep, y));
    }
    EXPECT_LT(last, 0.9 * first);
    if (threads == 1) hash = model.state()->WeightsHash();
    EXPECT_EQ(model.state()->WeightsHash(), hash) << threads << " threads";
  }
}

// A wrapper that is not trainable holds for what is in it: its statistics stay, and are those that are used.
TEST(TimeDistributed, NotTrainableKeepsTheStatisticsWithin) {
  for (bool outermost : {false, true}) {
    LayerRef layer = TimeDistributed(TimeDistributedOptions{.layer = BatchNormalization(), .trainable = outermost});
    if (outermost) layer = TimeDistributed(TimeDistributedOptions{.layer = layer, .trainable = false});
    Sequential model({layer}, {.threads = 1});
    model.Compile({.optimizer = SGD({.learning_rate = 0.1}), .loss = "mse"});
    const Tensor x = Random({4, 2, 3, 2}), y = Random({4, 2, 3, 2}, 2);
    WEFT_ASSERT_OK(model.Build({2, 3, 2}));
    WEFT_ASSERT_OK_AND_ASSIGN(auto before, model.Weights());
    WEFT_ASSERT_OK_AND_ASSIGN(auto evaluated, model.Evaluate(x, y, {.batch_size = 4}));
    WEFT_ASSERT_OK_AND_ASSIGN(double loss, model.TrainOnBatch(x, y));
    EXPECT_FLOAT_EQ(static_cast<float>(loss), static_cast<float>(evaluated["loss"]));
    WEFT_ASSERT_OK_AND_ASSIGN(auto after, model.Weights());
    for (size_t i = 0; i < before.size(); ++i) EXPECT_TRUE(BitEqual(before[i].second, after[i].second));
  }
}

TEST(Masking, StepsOfTheMaskValueAreZero) {
  const Tensor x = *Tensor::FromVector<float>({7, 7, 7, 1, 0, 0}, {1, 3, 2});
  WEFT_ASSERT_OK_AND_ASSIGN(Tensor y, Model({Masking({.mask_value = 7})}).Predict(x));
  EXPECT_THAT(y.data<float>(), ElementsAre(0, 0, 7, 1, 0, 0));
}

TEST(Embedding, LooksUpIdsOfAnyType) {
  const Tensor table = *Tensor::FromVector<float>({1, 2, 3, 4, 5, 6}, {3, 2});
  for (DType dtype : {DType::kUInt8, DType::kInt32, DType::kInt64, DType::kFloat32}) {
    Sequential model = Model({Input({.shape = {4}, .dtype = dtype}), Embedding({.input_dim = 3, .output_dim = 2})});
    WEFT_ASSERT_OK(model.SetWeights({table}));
    // Past the end: the last row.
    WEFT_ASSERT_OK_AND_ASSIGN(Tensor y, model.Predict(*Tensor::FromVector<int32_t>({2, 0, 1, 9}, {1, 4})));
    EXPECT_THAT(y.data<float>(), ElementsAre(5, 6, 1, 2, 3, 4, 5, 6)) << Name(dtype);
  }
}

TEST(Embedding, BeginsUniform) {
  Sequential model = Model({Input({.shape = {1}}), Embedding({.input_dim = 100, .output_dim = 100})});
  WEFT_ASSERT_OK_AND_ASSIGN(auto weights, model.Weights());
  const auto values = weights[0].second.data<float>();
  EXPECT_GE(*std::min_element(values.begin(), values.end()), -0.05f);
  EXPECT_LE(*std::max_element(values.begin(), values.end()), 0.05f);
  EXPECT_LT(*std::min_element(values.begin(), values.end()), -0.049f);
}

absl::Status BuildError(std::vector<LayerRef> layers) { return Sequential(std::move(layers)).Summary().status(); }

TEST(Wrappers, Mistakes) {
  const absl::StatusCode kInvalid = absl::StatusCode::kInvalidArgument;
  const LayerRef input = Input({.shape = {kSteps, kFeatures}});
  EXPECT_THAT(BuildError({input, Bidirectional(Dense({.units = 2}))}),
              StatusIs(kInvalid, AllOf(HasSubstr("layer bidirectional"), HasSubstr("expected a recurrent layer"),
                                       HasSubstr("received Dense"))));
  EXPECT_THAT(BuildError({input, Bidirectional("lstm")}), StatusIs(kInvalid, HasSubstr("the name 'lstm'")));
  EXPECT_THAT(BuildError({input, Bidirectional(BidirectionalOptions())}), StatusIs(kInvalid, HasSubstr("no layer")));
  EXPECT_THAT(BuildError({input, Bidirectional(LSTM({.units = 0}))}),
              StatusIs(kInvalid, AllOf(HasSubstr("forward_lstm: units must be at least 1"))));
  EXPECT_THAT(BuildError({input, Bidirectional({.layer = LSTM({.units = 2}), .merge_mode = "add"})}),
              StatusIs(kInvalid, HasSubstr("expected concat, sum, ave, mul or none, received 'add'")));
  EXPECT_THAT(BuildError({input, Bidirectional({.layer = LSTM({.units = 2}), .backward_layer = LSTM({.units = 2})})}),
              StatusIs(kInvalid, HasSubstr("different go_backwards, received false for both")));
  EXPECT_THAT(BuildError({input, Bidirectional({.layer = LSTM({.units = 2}),
                                                .backward_layer = LSTM(
                                                    {.units = 2, .return_sequences = true, .go_backwards = true})})}),
              StatusIs(kInvalid, HasSubstr("the same return_sequences, received false")));
  EXPECT_THAT(BuildError({input, Bidirectional({.layer = LSTM({.units = 2}),
                                                .merge_mode = "sum",
                                                .backward_layer = LSTM({.units = 3, .go_backwards = true})})}),
              StatusIs(kInvalid, HasSubstr("the same units, received 2 and 3")));
  EXPECT_THAT(BuildError({Input({.shape = {8}}), TimeDistributed(Dense({.units = 2}))}),
              StatusIs(kInvalid, HasSubstr("at least 3 axes, received f32[batch,8]")));
  EXPECT_THAT(BuildError({input, TimeDistributed(LSTM({.units = 2}))}),
              StatusIs(kInvalid, AllOf(HasSubstr("layer time_distributed"), HasSubstr("lstm: expected an input"))));
  EXPECT_THAT(BuildError({input, TimeDistributed("flatten")}), StatusIs(kInvalid, HasSubstr("the name 'flatten'")));
  EXPECT_THAT(BuildError({Input({.shape = {8}}), Masking()}), StatusIs(kInvalid, HasSubstr("received f32[batch,8]")));
  EXPECT_THAT(BuildError({Input({.shape = {8}}), Embedding({.input_dim = 0, .output_dim = 2})}),
              StatusIs(kInvalid, HasSubstr("input_dim must be at least 1")));
  EXPECT_THAT(BuildError({Input({.shape = {8}}), Embedding({.input_dim = 3})}),
              StatusIs(kInvalid, HasSubstr("output_dim must be at least 1")));
  EXPECT_THAT(
      BuildError({Input({.shape = {8}}), Rescaling({.scale = 0.1}), Embedding({.input_dim = 5, .output_dim = 2})}),
      StatusIs(kInvalid, AllOf(HasSubstr("layer embedding"), HasSubstr("input of ids (integers 0 ... 4), "
                                                                       "received f32[batch,8] that a layer"))));
}

}  // namespace
}  // namespace weft
