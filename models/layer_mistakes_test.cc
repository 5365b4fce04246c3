// Mistakes that people make with the layers' options, and what they are told when the model is built. (Convolutions,
// poolings and their kin: conv_mistakes_test.cc.)
#include <sys/resource.h>

#include <cmath>
#include <cstdint>
#include <limits>

#include "core/testing/status_matchers.h"
#include "gtest/gtest.h"
#include "models/config_json.h"
#include "models/layers/layers.h"
#include "models/sequential.h"

namespace weft {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
constexpr absl::StatusCode kInvalid = absl::StatusCode::kInvalidArgument;
constexpr double kNan = std::numeric_limits<double>::quiet_NaN(), kInfinity = std::numeric_limits<double>::infinity();

absl::Status BuildError(std::vector<LayerRef> layers, std::vector<int64_t> shape) {
  layers.insert(layers.begin(), Input({.shape = std::move(shape)}));
  return Sequential(std::move(layers)).Summary().status();
}

absl::Status ConfigError(const char* class_name, const char* config) {
  return FromConfig(DefaultModelRegistry(), "layer", class_name, config).status();
}

TEST(LayerMistakes, AnUnknownActivationIsToldWithItsOption) {
  EXPECT_THAT(
      BuildError({LSTM({.units = 2, .activation = "tanhh"})}, {4, 3}),
      StatusIs(kInvalid, HasSubstr("layer lstm (LSTM): activation: unknown activation 'tanhh'; did you mean 'tanh'?")));
  EXPECT_THAT(
      BuildError({GRU({.units = 2, .recurrent_activation = "sigmod"})}, {4, 3}),
      StatusIs(kInvalid, HasSubstr("layer gru (GRU): recurrent_activation: unknown activation 'sigmod'; did you "
                                   "mean 'sigmoid'?")));
  EXPECT_THAT(
      BuildError({Bidirectional(LSTM({.units = 2, .recurrent_activation = "sigmod"}))}, {4, 3}),
      StatusIs(kInvalid, HasSubstr("layer bidirectional (Bidirectional): lstm: recurrent_activation: unknown")));
  EXPECT_THAT(BuildError({TimeDistributed(Dense({.units = 2, .activation = "rellu", .name = "each"}))}, {4, 3}),
              StatusIs(kInvalid, HasSubstr("layer time_distributed (TimeDistributed): each: activation: unknown")));
  EXPECT_THAT(BuildError({Activation("relo")}, {3}),
              StatusIs(kInvalid, HasSubstr("layer activation (Activation): activation: unknown activation 'relo'")));
  const ActivationRef no_such_argument("relu", AttrMap({{"negative_slop", 0.1}}));
  EXPECT_THAT(
      BuildError({SimpleRNN({.units = 2, .activation = no_such_argument})}, {4, 3}),
      StatusIs(kInvalid, HasSubstr("activation: activation 'relu' has no argument 'negative_slop'; did you mean "
                                   "'negative_slope'?")));
  const ActivationRef wrong_argument("relu", AttrMap({{"negative_slope", std::string("x")}}));
  EXPECT_THAT(
      BuildError({Dense({.units = 2, .activation = wrong_argument})}, {3}),
      StatusIs(kInvalid, HasSubstr("activation: argument 'negative_slope' of activation 'relu': expected float")));
}

TEST(LayerMistakes, SeveralOutputsInASequential) {
  EXPECT_THAT(
      BuildError({LSTM({.units = 2, .return_state = true})}, {4, 3}),
      StatusIs(kInvalid, AllOf(HasSubstr("layer lstm (LSTM): a layer of a Sequential has one output, this one has "
                                         "3; return_state = true adds"),
                               HasSubstr("leave it out"))));
  EXPECT_THAT(BuildError({Bidirectional({.layer = GRU({.units = 2}), .merge_mode = std::nullopt})}, {4, 3}),
              StatusIs(kInvalid, HasSubstr("this one has 2; without a merge_mode the outputs of both directions stay "
                                           "apart: choose concat, sum, ave or mul")));
  EXPECT_THAT(BuildError({Bidirectional(GRU({.units = 2, .return_state = true}))}, {4, 3}),
              StatusIs(kInvalid, HasSubstr("this one has 3; return_state = true adds")));
}

TEST(LayerMistakes, SeveralInputsInASequential) {
  for (const LayerRef& layer :
       {LayerRef(Add()), LayerRef(Subtract()), LayerRef(Concatenate()), LayerRef(Dot({.axes = {1}})),
        LayerRef(Attention()), LayerRef(MultiHeadAttention({.num_heads = 1, .key_dim = 2}))}) {
    EXPECT_THAT(BuildError({layer}, {4, 3}),
                StatusIs(kInvalid, HasSubstr("received 1; in a Sequential a layer has one")));
  }
}

// An object within a wrapper would have had weights of its own there, where Keras shares them.
TEST(LayerMistakes, OneObjectInTwoPlaces) {
  const LayerRef dense = Dense({.units = 3});
  EXPECT_THAT(
      BuildError({TimeDistributed(dense), TimeDistributed(dense)}, {4, 3}),
      StatusIs(kInvalid, HasSubstr("layer 2: in TimeDistributed: Dense is the same object as an earlier layer")));
  EXPECT_THAT(BuildError({TimeDistributed(dense), dense}, {4, 3}),
              StatusIs(kInvalid, HasSubstr("layer 2: Dense is the same object as an earlier layer")));
  EXPECT_THAT(BuildError({TimeDistributed(TimeDistributed(dense)), dense}, {4, 3, 2}),
              StatusIs(kInvalid, HasSubstr("same object")));
  const LayerRef lstm = LSTM({.units = 3, .return_sequences = true});  // Bidirectional takes copies, as Keras does
  WEFT_EXPECT_OK(BuildError({Bidirectional(lstm), Bidirectional(lstm), lstm}, {4, 3}));
}

TEST(LayerMistakes, InputWithinTimeDistributed) {
  EXPECT_THAT(BuildError({TimeDistributed(Input({.shape = {3}}))}, {4, 3}),
              StatusIs(kInvalid, AllOf(HasSubstr("layer time_distributed (TimeDistributed)"), HasSubstr("Input"))));
}

TEST(LayerMistakes, NumbersOfNormalization) {
  for (double epsilon : {-1.0, kNan, kInfinity}) {
    for (const LayerRef& layer :
         {LayerRef(BatchNormalization({.epsilon = epsilon})), LayerRef(LayerNormalization({.epsilon = epsilon})),
          LayerRef(GroupNormalization({.groups = 1, .epsilon = epsilon})),
          LayerRef(RMSNormalization({.epsilon = epsilon}))}) {
      EXPECT_THAT(BuildError({layer}, {3}),
                  StatusIs(kInvalid, HasSubstr("epsilon must be a finite number of at least 0, received")))
          << epsilon << " " << layer.get()->class_name();
    }
  }
  WEFT_EXPECT_OK(BuildError({BatchNormalization({.epsilon = 0})}, {3}));
  for (double momentum : {-0.1, 1.1, kNan}) {
    EXPECT_THAT(BuildError({BatchNormalization({.momentum = momentum})}, {3}),
                StatusIs(kInvalid, HasSubstr("momentum must lie in [0, 1], received")));
  }
}

TEST(LayerMistakes, NumbersThatAreNone) {
  EXPECT_THAT(BuildError({ELU(kNan)}, {3}),
              StatusIs(kInvalid, HasSubstr("alpha must be a finite number, received nan")));
  EXPECT_THAT(BuildError({LeakyReLU(kInfinity)}, {3}),
              StatusIs(kInvalid, HasSubstr("negative_slope must be a finite number, received inf")));
  EXPECT_THAT(BuildError({Masking({.mask_value = kNan})}, {4, 3}),
              StatusIs(kInvalid, HasSubstr("nothing equals nan, so no step is masked")));
}

TEST(LayerMistakes, ReshapeToMoreThanCanBeCounted) {
  constexpr int64_t kMost = std::numeric_limits<int64_t>::max();
  for (const std::vector<int64_t>& target :
       {std::vector<int64_t>{kMost, kMost}, {int64_t{1} << 32, int64_t{1} << 32}, {kMost, 2, -1}}) {
    EXPECT_THAT(BuildError({Reshape({.target_shape = target})}, {4, 3}),
                StatusIs(kInvalid, AllOf(HasSubstr("layer reshape (Reshape): a sample has 12 elements"),
                                         HasSubstr("has more than can be counted"), Not(HasSubstr("<invalid>")))));
  }
}

TEST(LayerMistakes, SoftmaxOfAMaskThatDoesNotFit) {
  EXPECT_THAT(
      BuildError({Masking(), Softmax()}, {4, 3}),
      StatusIs(kInvalid, HasSubstr("layer softmax: the mask must broadcast to the input; received bool[batch,4]")));
}

TEST(LayerMistakes, ShortNamesInConfigurations) {
  EXPECT_THAT(ConfigError("BatchNorm", "{}"),
              StatusIs(absl::StatusCode::kNotFound, HasSubstr("did you mean 'BatchNormalization'")));
  EXPECT_THAT(FromConfigJson(DefaultModelRegistry(), "initializer", "\"ortho\""),
              StatusIs(absl::StatusCode::kNotFound, HasSubstr("did you mean 'orthogonal'")));
}

// All the names under which Keras exports a layer, in the layer's place.
TEST(LayerConfigurations, KerasOtherNames) {
  const struct {
    const char *alias, *class_name;
  } names[] = {{"MaxPool1D", "MaxPooling1D"},
               {"MaxPool2D", "MaxPooling2D"},
               {"AvgPool1D", "AveragePooling1D"},
               {"AvgPool2D", "AveragePooling2D"},
               {"GlobalMaxPool1D", "GlobalMaxPooling1D"},
               {"GlobalMaxPool2D", "GlobalMaxPooling2D"},
               {"GlobalAvgPool1D", "GlobalAveragePooling1D"},
               {"GlobalAvgPool2D", "GlobalAveragePooling2D"},
               {"Convolution1D", "Conv1D"},
               {"Convolution2D", "Conv2D"},
               {"Convolution1DTranspose", "Conv1DTranspose"},
               {"Convolution2DTranspose", "Conv2DTranspose"},
               {"SeparableConvolution1D", "SeparableConv1D"},
               {"SeparableConvolution2D", "SeparableConv2D"},
               {"Input", "InputLayer"}};
  for (const auto& [alias, class_name] : names) {
    WEFT_ASSERT_OK_AND_ASSIGN(auto layer, DefaultModelRegistry().Create("layer", alias));
    EXPECT_EQ(layer->class_name(), class_name);
  }
}

// Keras' None: the default of its configuration, channels_last.
TEST(LayerConfigurations, DataFormatMayBeNull) {
  for (const char* name :
       {"Conv1D", "Conv2D", "Conv2DTranspose", "DepthwiseConv2D", "SeparableConv2D", "MaxPooling2D", "AveragePooling1D",
        "GlobalMaxPooling2D", "Flatten", "UpSampling2D", "ZeroPadding2D", "Cropping2D", "SpatialDropout2D"}) {
    absl::StatusOr<std::shared_ptr<Configurable>> layer =
        FromConfig(DefaultModelRegistry(), "layer", name, R"({"data_format": null})");
    ASSERT_TRUE(layer.ok()) << name << ": " << layer.status();
    EXPECT_THAT(ToConfigJson(**layer), HasSubstr(R"("data_format":"channels_last")")) << name;
  }
  EXPECT_THAT(ConfigError("Conv2D", R"({"data_format": "channels_first"})"),
              StatusIs(kInvalid, HasSubstr("it must be \"channels_last\"")));
  EXPECT_THAT(ConfigError("Conv2D", R"({"filters": null})"), StatusIs(kInvalid, HasSubstr("expected an integer")));
}

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kLimitsWork = false;  // their shadow memory takes the whole address space
#else
constexpr bool kLimitsWork = true;
#endif

// While it lives the process may have no more than 8 GiB of addresses.
class LittleMemory {
 public:
  LittleMemory() {
    getrlimit(RLIMIT_AS, &before_);
    const rlimit little{std::min<rlim_t>(rlim_t{8} << 30, before_.rlim_max), before_.rlim_max};
    setrlimit(RLIMIT_AS, &little);
  }
  ~LittleMemory() { setrlimit(RLIMIT_AS, &before_); }

 private:
  rlimit before_;
};

TEST(LayerMistakes, WhereMemoryRunsOutTheLargestValueIsNamed) {
  if (!kLimitsWork) GTEST_SKIP();
  const LittleMemory little;
  const absl::StatusCode kNoMemory = absl::StatusCode::kResourceExhausted;
  EXPECT_THAT(BuildError({Dense({.units = 3}), Dense({.units = int64_t{1} << 32, .name = "wide"})}, {4}),
              StatusIs(kNoMemory, AllOf(HasSubstr("the variables (the largest is 'wide/kernel', f32[3,4294967296]"),
                                        HasSubstr("no memory for"))));
  const Tensor x = *Tensor::Create(DType::kFloat32, {2, 4, 8});
  EXPECT_THAT(Sequential({ZeroPadding1D({.padding = 1 << 29, .name = "far"})}).Predict(x),
              StatusIs(kNoMemory, HasSubstr("Predict: the output f32[2,1073741828,8] of layer far: no memory for")));
  EXPECT_THAT(Sequential({ZeroPadding1D({.padding = 1 << 29, .name = "far"}), GlobalMaxPooling1D()}).Predict(x),
              StatusIs(kNoMemory, AllOf(HasSubstr("predict: intermediate values (the largest is f32[2,"),
                                        HasSubstr("pad at far ("), HasSubstr("no memory for"))));
}

}  // namespace
}  // namespace weft
