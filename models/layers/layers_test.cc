// The harness over all layers: construction, configuration, shapes, dtypes, one training step, number of weights.
#include "models/layers/layers.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <set>

#include "absl/strings/str_cat.h"
#include "core/testing/status_matchers.h"
#include "graph/autodiff/gradients.h"
#include "gtest/gtest.h"
#include "models/config_json.h"
#include "models/layers/layers_cases.h"
#include "models/layers/testing/joined.h"
#include "models/layers/testing/record_layer.h"
#include "models/losses/losses.h"
#include "models/optimizers/sgd.h"
#include "models/sequential.h"
#include "ops/all_ops.h"

namespace weft {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

// A rate that is recorded but drops nothing, so that a step is sure to lower the loss.
constexpr double kNoDropout = 1e-9;

std::vector<LayerCase> CoreLayerCases() {
  std::vector<LayerCase> cases = {
      {"Dense", [] { return Dense({.units = 3}); }, {4}, {3}, 2, 15},
      {"DenseRelu", [] { return Dense({.units = 5, .activation = "relu"}); }, {7}, {5}, 2, 40},
      {"DenseNoBias", [] { return Dense({.units = 3, .use_bias = false}); }, {4}, {3}, 1, 12},
      {"DenseRank3", [] { return Dense({.units = 3, .activation = "tanh"}); }, {2, 4}, {2, 3}, 2, 15},
      {"DenseRank4", [] { return Dense({.units = 3, .activation = "softmax"}); }, {2, 5, 4}, {2, 5, 3}, 2, 15},
      {"DenseOptions",
       [] {
         return Dense({.units = 2,
                       .activation = {"leaky_relu", {{"negative_slope", 0.3}}},
                       .kernel_initializer = "he_normal",
                       .bias_initializer = "ones",
                       .name = "mine"});
       },
       {3},
       {2},
       2,
       8},
      {"Activation", [] { return Activation("softplus"); }, {3, 2}, {3, 2}},
      {"Flatten", [] { return Flatten(); }, {3, 2}, {6}},
      {"FlattenNothing", [] { return Flatten(); }, {}, {1}},
      {"Reshape",
       [] {
         return Reshape({.target_shape = {3, 4}});
       },
       {12},
       {3, 4}},
      {"ReshapeOpen",
       [] {
         return Reshape({.target_shape = {-1, 3, 1}});
       },
       {6, 3},
       {6, 3, 1}},
      {"SimpleRNN", [] { return SimpleRNN({.units = 3}); }, {5, 2}, {3}, 3, 18},
      {"SimpleRNNOptions",
       [] {
         return SimpleRNN({.units = 3,
                           .activation = "relu",
                           .use_bias = false,
                           .dropout = kNoDropout,
                           .seed = 4,
                           .return_sequences = true,
                           .go_backwards = true});
       },
       {5, 2},
       {5, 3},
       2,
       15},
      {"LSTM", [] { return LSTM({.units = 3}); }, {5, 2}, {3}, 3, 72},
      {"LSTMOptions",
       [] {
         return LSTM({.units = 3,
                      .activation = "relu",
                      .recurrent_activation = "hard_sigmoid",
                      .use_bias = false,
                      .recurrent_initializer = "glorot_uniform",
                      .unit_forget_bias = false,
                      .dropout = kNoDropout,
                      .recurrent_dropout = kNoDropout,
                      .return_sequences = true,
                      .unroll = true,
                      .zero_output_for_mask = true});
       },
       {5, 2},
       {5, 3},
       2,
       60},
      {"GRU", [] { return GRU({.units = 3}); }, {5, 2}, {3}, 3, 63},
      {"GRUOptions",
       [] {
         return GRU({.units = 3, .recurrent_dropout = kNoDropout, .return_sequences = true, .reset_after = false});
       },
       {5, 2},
       {5, 3},
       3,
       54},
      {"Attention", [] { return Attention(); }, {18}, {6}, 0, 0, DType::kFloat32, {{2, 3}, {4, 3}}},
      {"AttentionOptions",
       [] { return Attention({.use_scale = true, .score_mode = "concat", .dropout = kNoDropout, .seed = 1}); },
       {26},
       {4},
       2,
       2,
       DType::kFloat32,
       {{2, 3}, {4, 2}, {4, 3}}},
      {"AdditiveAttention", [] { return AdditiveAttention(); }, {18}, {6}, 1, 3, DType::kFloat32, {{2, 3}, {4, 3}}},
      {"AdditiveAttentionOptions",
       [] { return AdditiveAttention({.use_scale = false, .dropout = kNoDropout}); },
       {18},
       {6},
       0,
       0,
       DType::kFloat32,
       {{2, 3}, {4, 3}}},
      {"MultiHeadAttention",
       [] { return MultiHeadAttention({.num_heads = 2, .key_dim = 3}); },
       {18},
       {6},
       8,
       3 * 24 + 21,
       DType::kFloat32,
       {{2, 3}, {4, 3}}},
      {"MultiHeadAttentionOptions",
       [] {
         return MultiHeadAttention({.num_heads = 2,
                                    .key_dim = 3,
                                    .value_dim = 4,
                                    .dropout = kNoDropout,
                                    .use_bias = false,
                                    .output_shape = std::vector<int64_t>{2, 2},
                                    .attention_axes = std::vector<int64_t>{1}});
       },
       {26},
       {8},
       4,
       3 * 6 + 3 * 6 + 2 * 8 + 8 * 4,
       DType::kFloat32,
       {{2, 3}, {4, 2}, {4, 3}}},
      {"Bidirectional", [] { return Bidirectional(LSTM({.units = 3})); }, {5, 2}, {6}, 6, 144},
      {"BidirectionalOptions",
       [] {
         return Bidirectional(
             {.layer = GRU({.units = 3, .return_sequences = true}),
              .merge_mode = "ave",
              .backward_layer = SimpleRNN({.units = 3, .return_sequences = true, .go_backwards = true})});
       },
       {5, 2},
       {5, 3},
       6,
       81},
      {"TimeDistributed", [] { return TimeDistributed(Dense({.units = 3})); }, {5, 2}, {5, 3}, 2, 9},
      {"Masking", [] { return Masking({.mask_value = 0.3}); }, {5, 2}, {5, 2}},
      {"Embedding", [] { return Embedding({.input_dim = 9, .output_dim = 2}); }, {5}, {5, 2}, 1, 18, DType::kUInt8},
      {"EmbeddingOptions",
       [] { return Embedding({.input_dim = 9, .output_dim = 2, .embeddings_initializer = "ones", .mask_zero = true}); },
       {5},
       {5, 2},
       1,
       18},
      {"Rescaling", [] { return Rescaling({.scale = 0.5, .offset = -1}); }, {4}, {4}},
      {"RescalingUint8", [] { return Rescaling({.scale = 1.0 / 255}); }, {4}, {4}, 0, 0, DType::kUInt8},
  };
  AddSpatialCases(cases);
  return cases;
}

std::vector<LayerCase> AllCases() {
  std::vector<LayerCase> all;
  for (auto group : {CoreLayerCases, ActivationLayerCases, MergingLayerCases, NoiseLayerCases, NormalizationLayerCases,
                     ReshapingLayerCases}) {
    for (LayerCase& c : group()) all.push_back(std::move(c));
  }
  return all;
}

// Of layers with one input: what a model of a stack of layers can hold.
std::vector<LayerCase> Cases() {
  std::vector<LayerCase> cases = AllCases();
  cases.erase(std::remove_if(cases.begin(), cases.end(), [](const LayerCase& c) { return !c.more_inputs.empty(); }),
              cases.end());
  return cases;
}

Tensor Ramp(DType dtype, const std::vector<int64_t>& sample, int64_t samples) {
  Dims dims = {samples};
  dims.insert(dims.end(), sample.begin(), sample.end());
  Tensor tensor = *Tensor::Create(dtype, dims);
  for (int64_t i = 0; i < tensor.num_elements(); ++i) {
    if (dtype == DType::kUInt8) {
      tensor.mutable_data<uint8_t>()[i] = static_cast<uint8_t>(i * 7 % 256);
    } else {
      tensor.mutable_data<float>()[i] = 0.1f * static_cast<float>(i % 17) - 0.7f;
    }
  }
  return tensor;
}

// The layer alone, under an Input.
Sequential Model(const LayerCase& c, LayerRef layer) {
  if (!c.pieces.empty()) layer = Joined({.layer = std::move(layer), .pieces = c.pieces});
  return Sequential({Input({.shape = c.input, .dtype = c.dtype}), std::move(layer)}, {.seed = 3, .threads = 1});
}

TEST(Layers, EveryClassHasACase) {
  std::set<std::string> classes = {"InputLayer"};
  for (const LayerCase& c : AllCases()) classes.insert(std::string(c.make().get()->class_name()));
  for (const std::string& name : DefaultModelRegistry().Names("layer")) EXPECT_TRUE(classes.contains(name)) << name;
}

TEST(Layers, ShapesDtypesAndWeights) {
  for (const LayerCase& c : Cases()) {
    Sequential model = Model(c, c.make());
    WEFT_ASSERT_OK_AND_ASSIGN(Tensor y, model.Predict(Ramp(c.dtype, c.input, 5), {.batch_size = 2}));
    Dims expected = {5};
    expected.insert(expected.end(), c.output.begin(), c.output.end());
    EXPECT_EQ(y.dims(), expected) << c.name;
    EXPECT_EQ(y.dtype(), DType::kFloat32) << c.name;
    WEFT_ASSERT_OK_AND_ASSIGN(auto weights, model.Weights());
    int64_t params = 0;
    for (const auto& [name, value] : weights) params += value.num_elements();
    EXPECT_EQ(static_cast<int64_t>(weights.size()), c.weights) << c.name;
    EXPECT_EQ(params, c.params) << c.name;
  }
}

TEST(Layers, ConfigurationRoundTrip) {
  for (const LayerCase& c : Cases()) {
    const std::string json = ToConfigJson(*c.make().get());
    WEFT_ASSERT_OK_AND_ASSIGN(auto object, FromConfigJson(DefaultModelRegistry(), "layer", json));
    EXPECT_EQ(ToConfigJson(*object), json) << c.name;
    Sequential a = Model(c, c.make()), b = Model(c, LayerRef(std::static_pointer_cast<Layer>(object)));
    const Tensor x = Ramp(c.dtype, c.input, 4);
    WEFT_ASSERT_OK_AND_ASSIGN(Tensor ya, a.Predict(x));
    WEFT_ASSERT_OK_AND_ASSIGN(Tensor yb, b.Predict(x));
    EXPECT_TRUE(BitEqual(ya, yb)) << c.name;
  }
  WEFT_ASSERT_OK_AND_ASSIGN(auto input, FromConfigJson(DefaultModelRegistry(), "layer",
                                                       R"({"class_name": "InputLayer", "config": {
      "batch_shape": [null, 28, 28], "dtype": "uint8", "sparse": false, "ragged": false, "name": "images"}})"));
  const auto& layer = static_cast<const InputLayer&>(*input);
  EXPECT_THAT(layer.options().shape, ElementsAre(28, 28));
  EXPECT_EQ(layer.options().dtype, DType::kUInt8);
  WEFT_ASSERT_OK_AND_ASSIGN(auto fixed,
                            FromConfigJson(DefaultModelRegistry(), "layer",
                                           R"({"class_name": "InputLayer", "config": {"batch_shape": [8, 28]}})"));
  EXPECT_EQ(static_cast<const InputLayer&>(*fixed).options().batch_size, 8);
}

// A step changes every trainable weight, and lowers the loss of the batch where the layer can learn.
TEST(Layers, OneTrainingStep) {
  for (const LayerCase& c : Cases()) {
    Sequential model = Model(c, c.make());
    model.Compile({.optimizer = SGD({.learning_rate = 0.05}), .loss = "mse"});
    const Tensor x = Ramp(c.dtype, c.input, 6);
    const Tensor y = Ramp(DType::kFloat32, c.output, 6);
    WEFT_ASSERT_OK(model.status());
    WEFT_ASSERT_OK_AND_ASSIGN(std::string summary, model.Summary());
    WEFT_ASSERT_OK_AND_ASSIGN(auto before, model.Weights());
    WEFT_ASSERT_OK_AND_ASSIGN(double first, model.TrainOnBatch(x, y));
    EXPECT_TRUE(std::isfinite(first)) << c.name;
    WEFT_ASSERT_OK_AND_ASSIGN(auto after, model.Weights());
    for (size_t i = 0; i < before.size(); ++i) {
      EXPECT_FALSE(BitEqual(before[i].second, after[i].second)) << c.name << " " << before[i].first;
    }
    WEFT_ASSERT_OK_AND_ASSIGN(double second, model.TrainOnBatch(x, y));
    const auto& variables = model.module()->variables();
    if (std::any_of(variables.begin(), variables.end(), [](const VariableDecl& v) { return v.trainable; })) {
      EXPECT_LT(second, first) << c.name;
    }
  }
}

// Layers with several inputs: the type of the output, the configuration, gradients of all inputs.
TEST(Layers, SeveralInputs) {
  int seen = 0;
  for (const LayerCase& c : AllCases()) {
    if (c.more_inputs.empty()) continue;
    ++seen;
    const std::string json = ToConfigJson(*c.make().get());
    WEFT_ASSERT_OK_AND_ASSIGN(auto object, FromConfigJson(DefaultModelRegistry(), "layer", json));
    EXPECT_EQ(ToConfigJson(*object), json) << c.name;
    Layer& layer = static_cast<Layer&>(*object);
    GraphBuilder b(AllOps());
    std::vector<Value> inputs;
    std::vector<Tensor> tensors;
    std::vector<std::vector<int64_t>> samples = c.more_inputs;
    samples.insert(samples.begin(), c.input);
    for (const std::vector<int64_t>& sample : samples) {
      tensors.push_back(Ramp(DType::kFloat32, sample, 5));
      TensorType type{DType::kFloat32, Shape::FromDims(tensors.back().dims())};
      type.shape[0] = Dim::Symbol("batch");
      inputs.push_back(b.Input(absl::StrCat("x", inputs.size()), type));
    }
    WEFT_ASSERT_OK_AND_ASSIGN(RecordedLayer recorded, RecordLayer(b, layer, inputs));
    EXPECT_TRUE(recorded.weights.empty()) << c.name;
    WEFT_ASSERT_OK_AND_ASSIGN(std::vector<Value> gradients, Gradients({recorded.outputs[0]}, inputs));
    b.Output("y", recorded.outputs[0]);
    for (size_t i = 0; i < gradients.size(); ++i) b.Output(absl::StrCat("dx", i), gradients[i]);
    WEFT_ASSERT_OK_AND_ASSIGN(GraphPtr graph, b.Build());
    WEFT_ASSERT_OK_AND_ASSIGN(std::vector<Tensor> results, RunOptimized(graph, tensors));
    Dims expected = {5};
    expected.insert(expected.end(), c.output.begin(), c.output.end());
    EXPECT_EQ(results[0].dims(), expected) << c.name;
    EXPECT_EQ(results[0].dtype(), DType::kFloat32) << c.name;
    for (size_t i = 0; i < inputs.size(); ++i) EXPECT_EQ(results[i + 1].dims(), tensors[i].dims()) << c.name;
  }
  EXPECT_GE(seen, 8);
}

TEST(Layers, FrozenLayersDoNotTrain) {
  Sequential model({Input({.shape = {3}}), Dense({.units = 2, .trainable = false}), Dense({.units = 1})});
  model.Compile({.optimizer = SGD({.learning_rate = 0.1}), .loss = "mse"});
  WEFT_ASSERT_OK_AND_ASSIGN(auto before, model.Weights());
  WEFT_ASSERT_OK(model.TrainOnBatch(Ramp(DType::kFloat32, {3}, 4), Ramp(DType::kFloat32, {1}, 4)));
  WEFT_ASSERT_OK_AND_ASSIGN(auto after, model.Weights());
  EXPECT_TRUE(BitEqual(before[0].second, after[0].second));
  EXPECT_TRUE(BitEqual(before[1].second, after[1].second));
  EXPECT_FALSE(BitEqual(before[2].second, after[2].second));
  WEFT_ASSERT_OK_AND_ASSIGN(std::string summary, model.Summary());
  EXPECT_THAT(summary, AllOf(HasSubstr("Trainable params: 3 "), HasSubstr("Non-trainable params: 8 ")));
}

TEST(Dense, IsKerasFormula) {
  Sequential model({Input({.shape = {2}}), Dense({.units = 3, .activation = "relu"})});
  const Tensor kernel = *Tensor::FromVector<float>({1, 2, 3, 4, 5, -6}, {2, 3});
  const Tensor bias = *Tensor::FromVector<float>({0.5, -20, 1}, {3});
  WEFT_ASSERT_OK(model.SetWeights({kernel, bias}));
  WEFT_ASSERT_OK_AND_ASSIGN(Tensor y, model.Predict(*Tensor::FromVector<float>({1, 1, 2, 3}, {2, 2})));
  EXPECT_THAT(y.data<float>(), ElementsAre(5.5f, 0, 0, 14.5f, 0, 0));
}

// Leading axes are only positions: the same bits as with the positions as samples.
TEST(Dense, LeadingAxesArePositions) {
  const Tensor x = Ramp(DType::kFloat32, {3, 4}, 5);
  Sequential three({Input({.shape = {3, 4}}), Dense({.units = 6, .activation = "gelu"})});
  Sequential two({Input({.shape = {4}}), Dense({.units = 6, .activation = "gelu"})});
  WEFT_ASSERT_OK_AND_ASSIGN(Tensor a, three.Predict(x));
  WEFT_ASSERT_OK_AND_ASSIGN(Tensor b, two.Predict(*x.Reshaped({15, 4})));
  EXPECT_TRUE(BitEqual(*a.Reshaped({15, 6}), b));
}

TEST(Dropout, DropsTheShareAndScalesTheRest) {
  for (double rate : {0.25, 0.5, 1.0}) {
    Sequential model({Input({.shape = {1000}}), Dropout(rate)}, {.seed = 5});
    // Mean absolute error against zeros in training is the mean of what dropout lets through.
    model.Compile({.optimizer = SGD(), .loss = "mae"});
    Tensor ones = *Tensor::Create(DType::kFloat32, {50, 1000});
    for (float& v : ones.mutable_data<float>()) v = 1;
    const Tensor zeros = *Tensor::Create(DType::kFloat32, {50, 1000});
    WEFT_ASSERT_OK_AND_ASSIGN(double first, model.TrainOnBatch(ones, zeros));
    WEFT_ASSERT_OK_AND_ASSIGN(double second, model.TrainOnBatch(ones, zeros));
    if (rate == 1.0) {
      EXPECT_EQ(first, 0);
      continue;
    }
    EXPECT_NEAR(first, 1, 0.03);
    EXPECT_NE(first, second) << "each step has a mask of its own";
    WEFT_ASSERT_OK_AND_ASSIGN(Tensor y, model.Predict(ones));
    EXPECT_TRUE(BitEqual(y, ones)) << "nothing is dropped outside training";
  }
}

TEST(Dropout, OneResultForAnyThreads) {
  const Tensor x = Ramp(DType::kFloat32, {64}, 512), y = Ramp(DType::kFloat32, {8}, 512);
  std::string first;
  for (int threads : {1, 2, 3}) {
    Sequential model({Input({.shape = {64}}), Dropout(0.3), Dense({.units = 8})}, {.seed = 9, .threads = threads});
    model.Compile({.optimizer = "sgd", .loss = "mse"});
    for (int i = 0; i < 3; ++i) WEFT_ASSERT_OK(model.TrainOnBatch(x, y));
    const std::string hash = model.state()->WeightsHash();
    if (first.empty()) first = hash;
    EXPECT_EQ(hash, first);
  }
}

TEST(Rescaling, ScalesImages) {
  Sequential model({Input({.shape = {3}, .dtype = DType::kUInt8}), Rescaling({.scale = 0.5, .offset = 1})});
  WEFT_ASSERT_OK_AND_ASSIGN(Tensor y, model.Predict(*Tensor::FromVector<uint8_t>({0, 1, 255}, {1, 3})));
  EXPECT_THAT(y.data<float>(), ElementsAre(1, 1.5f, 128.5f));
}

absl::Status BuildError(LayerRef layer, std::vector<int64_t> shape, DType dtype = DType::kFloat32) {
  Sequential model({Input({.shape = std::move(shape), .dtype = dtype}), std::move(layer)});
  return model.Summary().status();
}

TEST(Layers, Mistakes) {
  const absl::StatusCode kInvalid = absl::StatusCode::kInvalidArgument;
  EXPECT_THAT(BuildError(Dense({.units = 0}), {4}), StatusIs(kInvalid, HasSubstr("units must be at least 1")));
  EXPECT_THAT(BuildError(Dense({.units = 2}), {}),
              StatusIs(kInvalid, AllOf(HasSubstr("layer dense (Dense)"), HasSubstr("f32[batch]"))));
  EXPECT_THAT(BuildError(Dense({.units = 2}), {4}, DType::kUInt8),
              StatusIs(kInvalid, AllOf(HasSubstr("input of floats, received u8[batch,4]"), HasSubstr("Rescaling"))));
  EXPECT_THAT(
      BuildError(Dense({.units = 2, .activation = "rellu"}), {4}),
      StatusIs(kInvalid, AllOf(HasSubstr("layer dense"), HasSubstr("'rellu'"), HasSubstr("did you mean 'relu'"))));
  EXPECT_THAT(BuildError(Activation("sofmax"), {4}), StatusIs(kInvalid, HasSubstr("did you mean 'softmax'")));
  EXPECT_THAT(BuildError(Activation({.activation = {"relu", {{"max_valu", 6.0}}}}), {4}),
              StatusIs(kInvalid, HasSubstr("did you mean 'max_value'")));
  EXPECT_THAT(BuildError(Activation({.activation = {"relu", {{"max_value", "six"}}}}), {4}),
              StatusIs(kInvalid, HasSubstr("argument 'max_value'")));
  EXPECT_THAT(BuildError(Dense({.units = 2, .kernel_initializer = "glorot_unifrom"}), {4}),
              StatusIs(absl::StatusCode::kNotFound,
                       AllOf(HasSubstr("initializer of 'kernel'"), HasSubstr("did you mean 'glorot_uniform'"))));
  EXPECT_THAT(BuildError(Reshape({.target_shape = {5, 2}}), {12}),
              StatusIs(kInvalid, AllOf(HasSubstr("12 elements"), HasSubstr("target_shape [5,2] has 10"))));
  EXPECT_THAT(BuildError(Reshape({.target_shape = {-1, 5}}), {12}), StatusIs(kInvalid, HasSubstr("cannot be divided")));
  EXPECT_THAT(BuildError(Reshape({.target_shape = {-1, -1}}), {12}), StatusIs(kInvalid, HasSubstr("at most one")));
  EXPECT_THAT(BuildError(Dropout(1.5), {4}), StatusIs(kInvalid, HasSubstr("rate must lie in [0, 1]")));
  EXPECT_THAT(BuildError(Dense({.units = 2}), {0}), StatusIs(kInvalid, HasSubstr("at least 1")));
}

}  // namespace
}  // namespace weft
