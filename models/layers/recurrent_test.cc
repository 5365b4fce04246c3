// Recurrent layers beyond the harness: states, masks, statefulness, dropout, and loops of any length.
#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "core/philox.h"
#include "core/testing/status_matchers.h"
#include "graph/ir/scan.h"
#include "gtest/gtest.h"
#include "models/layers/layers.h"
#include "models/layers/nested.h"
#include "models/layers/testing/joined.h"
#include "models/optimizers/sgd.h"
#include "models/sequential.h"
#include "ops/elementwise/elementwise.h"
#include "ops/shape/shape.h"

namespace weft {
namespace {

using ::testing::AllOf;
using ::testing::Each;
using ::testing::HasSubstr;

Tensor Random(const Dims& dims, uint64_t seed = 1) {
  Tensor tensor = *Tensor::Create(DType::kFloat32, dims);
  PhiloxStream random(seed);
  for (float& v : tensor.mutable_data<float>()) v = static_cast<float>(random.Uniform() * 2 - 1);
  return tensor;
}

Tensor Filled(const Dims& dims, float value) {
  Tensor tensor = *Tensor::Create(DType::kFloat32, dims);
  for (float& v : tensor.mutable_data<float>()) v = value;
  return tensor;
}

// Steps [begin, end) of x [batch, time, features].
Tensor Steps(const Tensor& x, int64_t begin, int64_t end) {
  const int64_t batch = x.dims()[0], time = x.dims()[1], features = x.dims()[2];
  Tensor part = *Tensor::Create(DType::kFloat32, {batch, end - begin, features});
  float* to = part.mutable_data<float>().data();
  for (int64_t b = 0; b < batch; ++b) {
    const float* from = x.data<float>().data() + (b * time + begin) * features;
    to = std::copy(from, from + (end - begin) * features, to);
  }
  return part;
}

Tensor Backwards(const Tensor& x) {
  const int64_t batch = x.dims()[0], time = x.dims()[1], features = x.dims()[2];
  Tensor reversed = *Tensor::Create(DType::kFloat32, x.dims());
  for (int64_t b = 0; b < batch; ++b) {
    for (int64_t t = 0; t < time; ++t) {
      const float* from = x.data<float>().data() + (b * time + t) * features;
      std::copy(from, from + features, reversed.mutable_data<float>().data() + (b * time + time - 1 - t) * features);
    }
  }
  return reversed;
}

// Each kind of layer with the options that they share.
struct Kind {
  std::string name;
  int states;
  std::function<LayerRef(RecurrentOptions)> make;
};
template <typename Options>
Options Own(const RecurrentOptions& o) {
  Options options;
  options.units = o.units, options.return_sequences = o.return_sequences, options.return_state = o.return_state;
  options.go_backwards = o.go_backwards, options.stateful = o.stateful, options.unroll = o.unroll;
  options.dropout = o.dropout, options.recurrent_dropout = o.recurrent_dropout;
  options.zero_output_for_mask = o.zero_output_for_mask, options.bias_initializer = "random_normal";
  options.name = "rnn";
  return options;
}
std::vector<Kind> Kinds() {
  return {{"SimpleRNN", 1, [](RecurrentOptions o) { return SimpleRNN(Own<SimpleRNNOptions>(o)); }},
          {"LSTM", 2, [](RecurrentOptions o) { return LSTM(Own<LSTMOptions>(o)); }},
          {"GRU", 1, [](RecurrentOptions o) { return GRU(Own<GRUOptions>(o)); }},
          {"GRUResetBefore", 1, [](RecurrentOptions o) {
             GRUOptions options = Own<GRUOptions>(o);
             options.reset_after = false;
             return GRU(options);
           }}};
}

constexpr int64_t kUnits = 5, kFeatures = 3;

absl::StatusOr<Tensor> Predict(std::vector<LayerRef> layers, const Tensor& x) {
  Sequential model(std::move(layers), {.seed = 2, .threads = 1});
  return model.Predict(x);
}

TEST(Recurrent, TheStateIsAnOutputAndAnInput) {
  for (const Kind& kind : Kinds()) {
    const Tensor x = Random({4, 7, kFeatures});
    WEFT_ASSERT_OK_AND_ASSIGN(Tensor whole, Predict({kind.make({.units = kUnits, .return_sequences = true})}, x));
    // y of the first 4 steps with the last states behind it, [4, 4 * units + states * units].
    WEFT_ASSERT_OK_AND_ASSIGN(
        Tensor first,
        Predict({Joined({.layer = kind.make({.units = kUnits, .return_sequences = true, .return_state = true})})},
                Steps(x, 0, 4)));
    ASSERT_EQ(first.dims(), (Dims{4, (4 + kind.states) * kUnits})) << kind.name;
    // What the second call takes: steps 4 ... 6, then the states.
    const int64_t row = 3 * kFeatures, states = kind.states * kUnits;
    Tensor rest = *Tensor::Create(DType::kFloat32, {4, row + states});
    for (int64_t b = 0; b < 4; ++b) {
      float* to = rest.mutable_data<float>().data() + b * (row + states);
      const float* steps = x.data<float>().data() + (b * 7 + 4) * kFeatures;
      const float* after = first.data<float>().data() + b * (4 * kUnits + states) + 4 * kUnits;
      std::copy(after, after + states, std::copy(steps, steps + row, to));
    }
    WEFT_ASSERT_OK_AND_ASSIGN(Tensor second,
                              Predict({Joined({.layer = kind.make({.units = kUnits, .return_sequences = true}),
                                               .pieces = {{3, kFeatures}, {kUnits}, {kUnits}}})},
                                      rest));
    for (int64_t b = 0; b < 4; ++b) {
      for (int64_t i = 0; i < 7 * kUnits; ++i) {
        const float got = i < 4 * kUnits ? first.data<float>()[b * (4 * kUnits + states) + i]
                                         : second.data<float>()[b * 3 * kUnits + i - 4 * kUnits];
        ASSERT_EQ(got, whole.data<float>()[b * 7 * kUnits + i]) << kind.name << " " << b << " " << i;
      }
      const float* h = first.data<float>().data() + b * (4 * kUnits + states) + 4 * kUnits;
      EXPECT_TRUE(std::equal(h, h + kUnits, h - kUnits)) << kind.name << ": the first state is the last output";
    }
  }
}

TEST(Recurrent, BackwardsIsForwardsOverTheReversedInput) {
  for (const Kind& kind : Kinds()) {
    for (bool sequences : {false, true}) {
      const Tensor x = Random({3, 6, kFeatures});
      RecurrentOptions options{.units = kUnits, .return_sequences = sequences};
      WEFT_ASSERT_OK_AND_ASSIGN(Tensor forward, Predict({kind.make(options)}, Backwards(x)));
      options.go_backwards = true;
      WEFT_ASSERT_OK_AND_ASSIGN(Tensor backward, Predict({kind.make(options)}, x));
      EXPECT_TRUE(BitEqual(forward, backward)) << kind.name;
    }
  }
}

TEST(Recurrent, UnrollChangesNothing) {
  for (const Kind& kind : Kinds()) {
    const Tensor x = Random({3, 6, kFeatures});
    WEFT_ASSERT_OK_AND_ASSIGN(Tensor loop, Predict({kind.make({.units = kUnits})}, x));
    WEFT_ASSERT_OK_AND_ASSIGN(Tensor unrolled, Predict({kind.make({.units = kUnits, .unroll = true})}, x));
    EXPECT_TRUE(BitEqual(loop, unrolled)) << kind.name;
  }
}

// ---- masks

TEST(Recurrent, MaskedStepsKeepTheStateAndRepeatTheOutput) {
  for (const Kind& kind : Kinds()) {
    Tensor x = Random({2, 6, kFeatures});
    for (int64_t t : {0, 2, 5}) std::fill_n(x.mutable_data<float>().data() + t * kFeatures, kFeatures, 0.f);  // row 0
    Tensor kept = *Tensor::Create(DType::kFloat32, {1, 3, kFeatures});  // what is left of it
    float* to = kept.mutable_data<float>().data();
    for (int64_t t : {1, 3, 4}) {
      const float* from = x.data<float>().data() + t * kFeatures;
      to = std::copy(from, from + kFeatures, to);
    }
    const RecurrentOptions sequences{.units = kUnits, .return_sequences = true};
    WEFT_ASSERT_OK_AND_ASSIGN(Tensor y, Predict({Masking(), kind.make(sequences)}, x));
    WEFT_ASSERT_OK_AND_ASSIGN(Tensor expected, Predict({kind.make(sequences)}, kept));
    WEFT_ASSERT_OK_AND_ASSIGN(Tensor plain, Predict({kind.make(sequences)}, x));
    const int step_of[6] = {-1, 0, 0, 1, 2, 2};
    for (int64_t t = 0; t < 6; ++t) {
      for (int64_t u = 0; u < kUnits; ++u) {
        const float want = step_of[t] < 0 ? 0.f : expected.data<float>()[step_of[t] * kUnits + u];
        ASSERT_EQ(y.data<float>()[t * kUnits + u], want) << kind.name << ", step " << t;
        ASSERT_EQ(y.data<float>()[(6 + t) * kUnits + u], plain.data<float>()[(6 + t) * kUnits + u])
            << "the other row has no masked steps";
      }
    }
    WEFT_ASSERT_OK_AND_ASSIGN(Tensor last, Predict({Masking(), kind.make({.units = kUnits})}, x));
    WEFT_ASSERT_OK_AND_ASSIGN(Tensor last_expected, Predict({kind.make({.units = kUnits})}, kept));
    for (int64_t u = 0; u < kUnits; ++u) EXPECT_EQ(last.data<float>()[u], last_expected.data<float>()[u]) << kind.name;
    // Zeros in place of the repeated outputs, of all steps or of the last one.
    RecurrentOptions zero{.units = kUnits, .return_sequences = true, .zero_output_for_mask = true};
    WEFT_ASSERT_OK_AND_ASSIGN(Tensor zeroed, Predict({Masking(), kind.make(zero)}, x));
    for (int64_t t = 0; t < 6; ++t) {
      const bool masked = t == 0 || t == 2 || t == 5;
      for (int64_t u = 0; u < kUnits; ++u) {
        EXPECT_EQ(zeroed.data<float>()[t * kUnits + u], masked ? 0.f : y.data<float>()[t * kUnits + u]) << kind.name;
      }
    }
    zero.return_sequences = false;
    WEFT_ASSERT_OK_AND_ASSIGN(Tensor zeroed_last, Predict({Masking(), kind.make(zero)}, x));
    for (int64_t u = 0; u < kUnits; ++u) {
      EXPECT_EQ(zeroed_last.data<float>()[u], 0.f) << kind.name;
      EXPECT_EQ(zeroed_last.data<float>()[kUnits + u], last.data<float>()[kUnits + u]) << kind.name;
    }
    zero.go_backwards = true;  // the last step processed is the first one
    WEFT_ASSERT_OK_AND_ASSIGN(Tensor backward, Predict({Masking(), kind.make(zero)}, x));
    for (int64_t u = 0; u < kUnits; ++u) {
      EXPECT_EQ(backward.data<float>()[u], 0.f) << kind.name;
      EXPECT_NE(backward.data<float>()[kUnits + u], 0.f) << kind.name;
    }
  }
}

// Where the state does not begin with zeros, the output before the first step that counts is still zero, as in Keras.
TEST(Recurrent, AMaskedFirstStepOfAStatefulLayerGivesZerosAndKeepsTheState) {
  for (const Kind& kind : Kinds()) {
    Sequential model({Input({.shape = {2, kFeatures}, .batch_size = 1}), Masking(),
                      kind.make({.units = kUnits, .return_sequences = true, .stateful = true})},
                     {.seed = 2, .threads = 1});
    const Tensor x = Random({1, 2, kFeatures});
    WEFT_ASSERT_OK(model.Predict(x, {.batch_size = 1}));
    WEFT_ASSERT_OK_AND_ASSIGN(Tensor before, model.state()->Get("rnn/state_0"));
    WEFT_ASSERT_OK_AND_ASSIGN(Tensor y, model.Predict(Filled({1, 2, kFeatures}, 0), {.batch_size = 1}));
    EXPECT_THAT(y.data<float>(), Each(0.f)) << kind.name;
    WEFT_ASSERT_OK_AND_ASSIGN(Tensor after, model.state()->Get("rnn/state_0"));
    EXPECT_TRUE(BitEqual(before, after)) << kind.name;
    EXPECT_NE(after.data<float>()[0], 0.f);
  }
}

// The mask goes through the layers to the loss: padding counts for nothing.
TEST(Recurrent, PaddedSequencesTrainLikeTheirUnpaddedSteps) {
  auto model = [](int64_t time) {
    Sequential m({Input({.shape = {time}, .dtype = DType::kInt32}),
                  Embedding({.input_dim = 9, .output_dim = 4, .mask_zero = true}),
                  LSTM({.units = kUnits, .return_sequences = true}), Dense({.units = 1})},
                 {.seed = 2, .threads = 1});
    m.Compile({.optimizer = SGD({.learning_rate = 0.1}), .loss = "mse"});
    return m;
  };
  // Two sequences, of 3 steps and of 1; and the same as batches of their own.
  Sequential padded = model(3), three = model(3), one = model(1);
  const Tensor ids = *Tensor::FromVector<int32_t>({4, 7, 2, 5, 0, 0}, {2, 3});
  const Tensor y = *Tensor::FromVector<float>({1, -1, 2, 3, 100, 100}, {2, 3, 1});
  WEFT_ASSERT_OK_AND_ASSIGN(auto before, padded.Weights());
  WEFT_ASSERT_OK_AND_ASSIGN(double loss, padded.TrainOnBatch(ids, y));
  WEFT_ASSERT_OK_AND_ASSIGN(double first, three.TrainOnBatch(*ids.Rows(0, 1), *y.Rows(0, 1)));
  WEFT_ASSERT_OK_AND_ASSIGN(double second, one.TrainOnBatch(*Tensor::FromVector<int32_t>({5}, {1, 1}),
                                                            *Tensor::FromVector<float>({3}, {1, 1, 1})));
  EXPECT_NEAR(loss, (3 * first + second) / 4, 1e-5);
  WEFT_ASSERT_OK_AND_ASSIGN(auto after, padded.Weights());
  EXPECT_TRUE(BitEqual(*before[0].second.Rows(0, 1), *after[0].second.Rows(0, 1))) << "padding trains nothing";
  EXPECT_FALSE(BitEqual(*before[0].second.Rows(4, 5), *after[0].second.Rows(4, 5)));
}

// ---- stateful

TEST(Recurrent, AStatefulRunOverPiecesIsOneRunOverTheWhole) {
  for (const Kind& kind : Kinds()) {
    const Tensor x = Random({2, 9, kFeatures});
    WEFT_ASSERT_OK_AND_ASSIGN(Tensor whole, Predict({kind.make({.units = kUnits})}, x));
    Sequential model(
        {Input({.shape = {3, kFeatures}, .batch_size = 2}), kind.make({.units = kUnits, .stateful = true})},
        {.seed = 2, .threads = 1});
    Tensor y;
    for (int pass = 0; pass < 2; ++pass) {
      for (int64_t t = 0; t < 9; t += 3) {
        WEFT_ASSERT_OK_AND_ASSIGN(y, model.Predict(Steps(x, t, t + 3), {.batch_size = 2}));
      }
      EXPECT_TRUE(BitEqual(y, whole)) << kind.name << ", pass " << pass;
      WEFT_ASSERT_OK(model.ResetStates());
    }
    WEFT_ASSERT_OK_AND_ASSIGN(auto weights, model.Weights());
    EXPECT_EQ(weights.size(), 3u) << "the state is no weight";
  }
}

TEST(Recurrent, AStatefulModelGoesOnAfterItWasLoaded) {
  const std::string path = ::testing::TempDir() + "/stateful.weftz";
  const Tensor x = Random({2, 6, kFeatures}), y = Random({2, 1}, 7);
  auto model = [] {
    Sequential m({Input({.shape = {3, kFeatures}, .batch_size = 2}), LSTM({.units = kUnits, .stateful = true}),
                  Dense({.units = 1})},
                 {.seed = 2, .threads = 1});
    m.Compile({.optimizer = SGD({.learning_rate = 0.1}), .loss = "mse"});
    return m;
  };
  Sequential straight = model(), stopped = model();
  for (Sequential* m : {&straight, &stopped}) WEFT_ASSERT_OK(m->TrainOnBatch(Steps(x, 0, 3), y));
  WEFT_ASSERT_OK(stopped.Save(path));
  WEFT_ASSERT_OK_AND_ASSIGN(Sequential loaded, Sequential::Load(path, {.threads = 1}));
  WEFT_ASSERT_OK_AND_ASSIGN(Tensor state, loaded.state()->Get("lstm/state_1"));
  EXPECT_THAT(state.data<float>(), Each(::testing::Ne(0.f)));
  WEFT_ASSERT_OK_AND_ASSIGN(double expected, straight.TrainOnBatch(Steps(x, 3, 6), y));
  WEFT_ASSERT_OK_AND_ASSIGN(double got, loaded.TrainOnBatch(Steps(x, 3, 6), y));
  EXPECT_EQ(got, expected);
  EXPECT_EQ(loaded.state()->WeightsHash(), straight.state()->WeightsHash());
  EXPECT_THAT(loaded.TrainOnBatch(Random({3, 3, kFeatures}), Random({3, 1})),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("layer lstm is stateful")));
}

TEST(Recurrent, AnotherBatchSizeIsAnErrorThatNamesTheLayer) {
  Sequential model(
      {Input({.shape = {4, kFeatures}, .batch_size = 2}), GRU({.units = kUnits, .stateful = true, .name = "memory"})});
  for (int64_t samples : {1, 3}) {
    EXPECT_THAT(model.Predict(Random({samples, 4, kFeatures}), {.batch_size = 2}),
                StatusIs(absl::StatusCode::kInvalidArgument,
                         AllOf(HasSubstr("layer memory is stateful"), HasSubstr("batches of 2"))));
  }
  WEFT_EXPECT_OK(model.Predict(Random({4, 4, kFeatures}), {.batch_size = 2}));
}

// ---- length

struct Size {
  int64_t nodes = 0, kernels = 0, bytes = 0;
};

int64_t CountNodes(const Graph& graph) {
  int64_t nodes = 0;
  for (const Node& node : graph.nodes()) {
    ++nodes;
    if (node.op->name == kScanOp) nodes += CountNodes(*ScanView(node).body);
  }
  return nodes;
}

// Of train_step, after a step.
absl::StatusOr<Size> SizeOf(int64_t steps) {
  constexpr int64_t kBatch = 8;
  Sequential model({Input({.shape = {steps, 4}}), LSTM({.units = 32}), Dense({.units = 1})}, {.threads = 1});
  model.Compile({.optimizer = "sgd", .loss = "mse"});
  WEFT_ASSIGN_OR_RETURN(double loss, model.TrainOnBatch(Random({kBatch, steps, 4}), Random({kBatch, 1})));
  if (!std::isfinite(loss)) return InvalidArgument("the loss is ", loss);
  const GraphPtr train_step = model.module()->FindFunction(kTrainStepFunction);
  return Size{CountNodes(*train_step), static_cast<int64_t>(model.receipts().size()), model.peak_bytes()};
}

TEST(Recurrent, FiveThousandStepsAreTheCodeOfTwentyEight) {
  WEFT_ASSERT_OK_AND_ASSIGN(Size few, SizeOf(28));
  WEFT_ASSERT_OK_AND_ASSIGN(Size many, SizeOf(5000));
  EXPECT_EQ(few.nodes, many.nodes);
  EXPECT_EQ(few.kernels, many.kernels) << "what the passes did";
  // Per step and row a handful of values as wide as the gates are kept for the way back, and no more.
  const int64_t gates = 8 * 4 * 32 * static_cast<int64_t>(sizeof(float));
  EXPECT_LT(many.bytes, 5000 * gates * 8);
  EXPECT_LT(many.bytes, few.bytes * 5000 / 28 * 2);
}

// ---- dropout

// A stateful layer of ones: what the masks did can be read from its state.
struct Probe {
  Sequential model;
  absl::StatusOr<Tensor> StateAfterStep(int64_t batch, int64_t steps, int64_t units) {
    WEFT_RETURN_IF_ERROR(model.ResetStates());
    WEFT_RETURN_IF_ERROR(model.TrainOnBatch(Filled({batch, steps, units}, 1), Filled({batch, units}, 0)).status());
    return model.state()->Get("rnn/state_0");
  }
};
Probe MakeProbe(int64_t batch, int64_t steps, int64_t units, double dropout, double recurrent_dropout, int threads = 1,
                std::optional<int64_t> layer_seed = {}) {
  Probe probe{Sequential(
      {Input({.shape = {steps, units}, .batch_size = batch}), SimpleRNN({.units = units,
                                                                         .activation = "linear",
                                                                         .use_bias = false,
                                                                         .kernel_initializer = "identity",
                                                                         .recurrent_initializer = "identity",
                                                                         .dropout = dropout,
                                                                         .recurrent_dropout = recurrent_dropout,
                                                                         .seed = layer_seed,
                                                                         .stateful = true,
                                                                         .name = "rnn"})},
      {.seed = 11, .threads = threads})};
  probe.model.Compile({.optimizer = SGD({.learning_rate = 1e-3}), .loss = "mse"});
  return probe;
}

// The share of elements that are `high`, all others being `low`.
double ShareOf(const Tensor& values, float high, float low) {
  int64_t count = 0, others = 0;
  for (float v : values.data<float>()) {
    count += v == high;
    others += v != high && v != low;
  }
  EXPECT_EQ(others, 0);
  return static_cast<double>(count) / static_cast<double>(values.num_elements());
}

TEST(RecurrentDropout, OneMaskForAllStepsWithTheRightShareAndScale) {
  constexpr int64_t kBatch = 100, kWide = 100;
  // h3 = 3 m in {0, 3 / 0.75}: another mask in another step would give values between.
  Probe inputs = MakeProbe(kBatch, 3, kWide, 0.25, 0);
  WEFT_ASSERT_OK_AND_ASSIGN(Tensor first, inputs.StateAfterStep(kBatch, 3, kWide));
  EXPECT_NEAR(ShareOf(first, 4.f, 0.f), 0.75, 0.02);
  // h3 = 1 + m (1 + m), m in {0, 2}.
  Probe states = MakeProbe(kBatch, 3, kWide, 0, 0.5);
  WEFT_ASSERT_OK_AND_ASSIGN(Tensor recurrent, states.StateAfterStep(kBatch, 3, kWide));
  EXPECT_NEAR(ShareOf(recurrent, 7.f, 1.f), 0.5, 0.02);
  // Rows and columns are independent: no row is dropped more than chance allows.
  for (int64_t b = 0; b < kBatch; ++b) {
    const auto row = recurrent.data<float>().subspan(static_cast<size_t>(b * kWide), kWide);
    const int64_t kept = std::count(row.begin(), row.end(), 7.f);
    EXPECT_GT(kept, 22);
    EXPECT_LT(kept, 78);
  }
}

TEST(RecurrentDropout, NothingIsDroppedOutsideTraining) {
  Probe probe = MakeProbe(2, 3, 4, 0.5, 0.5);
  WEFT_ASSERT_OK_AND_ASSIGN(Tensor y, probe.model.Predict(Filled({2, 3, 4}, 1), {.batch_size = 2}));
  EXPECT_THAT(y.data<float>(), Each(3.f));
}

TEST(RecurrentDropout, EachStepOfTrainingDrawsAnotherMask) {
  Probe probe = MakeProbe(8, 1, 64, 0.5, 0), again = MakeProbe(8, 1, 64, 0.5, 0);
  Probe seeded = MakeProbe(8, 1, 64, 0.5, 0, 1, 5);
  WEFT_ASSERT_OK_AND_ASSIGN(Tensor a, probe.StateAfterStep(8, 1, 64));
  WEFT_ASSERT_OK_AND_ASSIGN(Tensor same, again.StateAfterStep(8, 1, 64));
  WEFT_ASSERT_OK_AND_ASSIGN(Tensor b, probe.StateAfterStep(8, 1, 64));
  WEFT_ASSERT_OK_AND_ASSIGN(Tensor c, seeded.StateAfterStep(8, 1, 64));
  auto dropped = [](const Tensor& t) {
    std::vector<bool> zero;
    for (float v : t.data<float>()) zero.push_back(v == 0);
    return zero;
  };
  EXPECT_TRUE(BitEqual(a, same));
  EXPECT_NE(dropped(a), dropped(b));
  EXPECT_NE(dropped(a), dropped(c));
}

// With one row and one step that counts, row i of a kernel's gradient is zero exactly where the mask is.
TEST(RecurrentDropout, TheWayBackHasTheMaskOfTheWayThere) {
  constexpr int64_t kWide = 64;
  for (bool recurrent : {false, true}) {
    Probe probe = MakeProbe(1, recurrent ? 2 : 1, kWide, recurrent ? 0 : 0.5, recurrent ? 0.5 : 0);
    WEFT_ASSERT_OK_AND_ASSIGN(Tensor state, probe.StateAfterStep(1, recurrent ? 2 : 1, kWide));
    WEFT_ASSERT_OK_AND_ASSIGN(auto weights, probe.model.Weights());
    const Tensor& kernel = weights[recurrent ? 1 : 0].second;
    // Some column whose output is not zero has a gradient.
    for (int64_t i = 0; i < kWide; ++i) {
      bool changed = false;
      for (int64_t j = 0; j < kWide; ++j) {
        changed |= kernel.data<float>()[i * kWide + j] != (i == j ? 1.f : 0.f);
      }
      EXPECT_EQ(changed, state.data<float>()[i] != (recurrent ? 1.f : 0.f)) << i;
    }
  }
}

TEST(RecurrentDropout, TheMasksDoNotDependOnThreads) {
  for (const Kind& kind : Kinds()) {
    std::string first;
    for (int threads : {1, 2, 3}) {
      Sequential model({Input({.shape = {5, 24}}), kind.make({.units = 40, .dropout = 0.3, .recurrent_dropout = 0.2})},
                       {.seed = 4, .threads = threads});
      model.Compile({.optimizer = "sgd", .loss = "mse"});
      for (int i = 0; i < 3; ++i) WEFT_ASSERT_OK(model.TrainOnBatch(Random({64, 5, 24}), Random({64, 40})));
      const std::string hash = model.state()->WeightsHash();
      if (first.empty()) first = hash;
      EXPECT_EQ(hash, first) << kind.name << ", " << threads << " threads";
    }
  }
}

// With linear gates, no input and biases (i, f, c, o) = (1, 0, 1, 1) the second step is h = (1 + m_o) (m_f + (1 + m_i)
// (1 + m_c)) where the recurrent kernel is the identity for all gates: with that of one gate alone each mask shows.
TEST(RecurrentDropout, EachGateHasAMaskOfItsOwn) {
  constexpr int64_t kBatch = 20, kWide = 50;
  std::vector<Tensor> masks;
  for (int64_t gate = 0; gate < 4; ++gate) {
    Sequential model({Input({.shape = {2, 1}, .batch_size = kBatch}), LSTM({.units = kWide,
                                                                            .activation = "linear",
                                                                            .recurrent_activation = "linear",
                                                                            .recurrent_dropout = 0.5,
                                                                            .stateful = true})},
                     {.seed = 11, .threads = 1});
    model.Compile({.optimizer = "sgd", .loss = "mse"});
    Tensor recurrent = Filled({kWide, 4 * kWide}, 0), bias = Filled({4 * kWide}, 1);
    std::fill_n(bias.mutable_data<float>().data() + kWide, kWide, 0.f);
    for (int64_t i = 0; i < kWide; ++i) recurrent.mutable_data<float>()[i * 4 * kWide + gate * kWide + i] = 1;
    WEFT_ASSERT_OK(model.SetWeights({Filled({1, 4 * kWide}, 0), recurrent, bias}));
    WEFT_ASSERT_OK(model.TrainOnBatch(Filled({kBatch, 2, 1}, 0), Filled({kBatch, kWide}, 0)));
    WEFT_ASSERT_OK_AND_ASSIGN(Tensor h, model.state()->Get("lstm/state_0"));
    EXPECT_NEAR(ShareOf(h, 3.f, 1.f), 0.5, 0.06) << "gate " << gate;
    for (const Tensor& other : masks) EXPECT_FALSE(BitEqual(h, other));
    masks.push_back(h);
  }
}

// ---- weights and mistakes

TEST(LSTM, TheForgetGatesBiasBeginsWithOne) {
  for (bool unit : {false, true}) {
    Sequential model(
        {Input({.shape = {2, 3}}), LSTM({.units = 2, .bias_initializer = "zeros", .unit_forget_bias = unit})});
    WEFT_ASSERT_OK_AND_ASSIGN(auto weights, model.Weights());
    const float one = unit ? 1 : 0;
    EXPECT_THAT(weights[2].second.data<float>(), ::testing::ElementsAre(0, 0, one, one, 0, 0, 0, 0));
  }
}

absl::Status BuildError(LayerRef layer, InputOptions input) {
  Sequential model({Input(std::move(input)), std::move(layer)});
  return model.Summary().status();
}

TEST(Recurrent, Mistakes) {
  const absl::StatusCode kInvalid = absl::StatusCode::kInvalidArgument;
  EXPECT_THAT(BuildError(LSTM({.units = 2}), {.shape = {8}}),
              StatusIs(kInvalid, AllOf(HasSubstr("layer lstm (LSTM)"),
                                       HasSubstr("expected an input [batch, time, "
                                                 "features], received f32[batch,8]"),
                                       HasSubstr("Reshape"))));
  EXPECT_THAT(BuildError(GRU({.units = 2}), {.shape = {8, 3, 3}}), StatusIs(kInvalid, HasSubstr("f32[batch,8,3,3]")));
  EXPECT_THAT(BuildError(GRU({}), {.shape = {8, 3}}), StatusIs(kInvalid, HasSubstr("units must be at least 1")));
  EXPECT_THAT(BuildError(LSTM({.units = 2, .activation = "tahn"}), {.shape = {8, 3}}),
              StatusIs(kInvalid, AllOf(HasSubstr("layer lstm"), HasSubstr("did you mean 'tanh'"))));
  EXPECT_THAT(BuildError(LSTM({.units = 2, .recurrent_activation = "sigmiod"}), {.shape = {8, 3}}),
              StatusIs(kInvalid, AllOf(HasSubstr("layer lstm"), HasSubstr("did you mean 'sigmoid'"))));
  EXPECT_THAT(BuildError(SimpleRNN({.units = 2, .dropout = 1}), {.shape = {8, 3}}),
              StatusIs(kInvalid, HasSubstr("dropout must lie in [0, 1), received 1")));
  EXPECT_THAT(BuildError(SimpleRNN({.units = 2, .recurrent_dropout = -1}), {.shape = {8, 3}}),
              StatusIs(kInvalid, HasSubstr("recurrent_dropout must lie in [0, 1)")));
  EXPECT_THAT(BuildError(LSTM({.units = 2, .stateful = true}), {.shape = {8, 3}}),
              StatusIs(kInvalid, AllOf(HasSubstr("the batch must be fixed"), HasSubstr(".batch_size = n"))));
  EXPECT_THAT(BuildError(LSTM({.units = 2, .return_state = true}), {.shape = {8, 3}}),
              StatusIs(kInvalid, HasSubstr("this one has 3")));
  EXPECT_THAT(BuildError(LSTM({.units = 2}), {.shape = {8, 3}, .dtype = DType::kUInt8}),
              StatusIs(kInvalid, HasSubstr("input of floats")));
  EXPECT_THAT(BuildError(Joined({.layer = LSTM({.units = 2}), .pieces = {{2, 3}, {3}, {2}}}), {.shape = {11}}),
              StatusIs(kInvalid, HasSubstr("initial state 0: expected f32[batch,2], received f32[batch,3]")));
  EXPECT_THAT(BuildError(Joined({.layer = LSTM({.units = 2}), .pieces = {{2, 3}, {2}}}), {.shape = {8}}),
              StatusIs(kInvalid, HasSubstr("with the initial states 3, received 2")));
}

}  // namespace
}  // namespace weft
