// Mistakes that people make with convolutions, poolings and their kin, and what they are told when the model is built.
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
constexpr absl::StatusCode kInvalid = absl::StatusCode::kInvalidArgument;

absl::Status BuildError(LayerRef layer, std::vector<int64_t> shape, DType dtype = DType::kFloat32) {
  Sequential model({Input({.shape = std::move(shape), .dtype = dtype}), std::move(layer)});
  return model.Summary().status();
}

absl::Status ConfigError(const char* class_name, const char* config) {
  return FromConfig(DefaultModelRegistry(), "layer", class_name, config).status();
}

TEST(ConvMistakes, ImagesWithoutAnAxisOfChannels) {
  EXPECT_THAT(BuildError(Conv2D({.filters = 4, .kernel_size = 3}), {28, 28}),
              StatusIs(kInvalid, AllOf(HasSubstr("layer conv2d (Conv2D)"),
                                       HasSubstr("expected an input [batch, height, width, channels]"),
                                       HasSubstr("received f32[batch,28,28]"),
                                       HasSubstr("Reshape({.target_shape = {28, 28, 1}}) in front"))));
  EXPECT_THAT(BuildError(MaxPooling2D(), {28, 28}),
              StatusIs(kInvalid, HasSubstr("Reshape({.target_shape = {28, 28, 1}})")));
  EXPECT_THAT(BuildError(Conv1D({.filters = 4, .kernel_size = 3}), {100}),
              StatusIs(kInvalid, AllOf(HasSubstr("expected an input [batch, steps, channels]"),
                                       HasSubstr("Reshape({.target_shape = {100, 1}})"))));
  EXPECT_THAT(BuildError(Conv1D({.filters = 4, .kernel_size = 3}), {28, 28, 1}),
              StatusIs(kInvalid, HasSubstr("received f32[batch,28,28,1]")));
  EXPECT_THAT(BuildError(GlobalAveragePooling2D(), {28, 28}), StatusIs(kInvalid, HasSubstr("{28, 28, 1}")));
}

TEST(ConvMistakes, ImagesOfBytes) {
  EXPECT_THAT(BuildError(Conv2D({.filters = 4, .kernel_size = 3}), {28, 28, 1}, DType::kUInt8),
              StatusIs(kInvalid, AllOf(HasSubstr("expected an input of floats"), HasSubstr("Rescaling"))));
}

TEST(ConvMistakes, KernelLargerThanTheInput) {
  EXPECT_THAT(BuildError(Conv2D({.filters = 4, .kernel_size = {3, 5}}), {6, 4, 1}),
              StatusIs(kInvalid, AllOf(HasSubstr("layer conv2d (Conv2D)"), HasSubstr("the kernel covers [3,5]"),
                                       HasSubstr("f32[batch,6,4,1]"), HasSubstr("width 4 < 5"), HasSubstr("'same'"))));
  EXPECT_THAT(BuildError(Conv1D({.filters = 4, .kernel_size = 3, .dilation_rate = 2}), {4, 1}),
              StatusIs(kInvalid, HasSubstr("steps 4 < 5")));
  WEFT_EXPECT_OK(BuildError(Conv1D({.filters = 4, .kernel_size = 3, .dilation_rate = 2}), {5, 1}));
  EXPECT_THAT(BuildError(DepthwiseConv2D({.kernel_size = 3}), {2, 4, 1}),
              StatusIs(kInvalid, AllOf(HasSubstr("depthwise_conv2d"), HasSubstr("height 2 < 3"))));
  EXPECT_THAT(BuildError(SeparableConv1D({.filters = 2, .kernel_size = 3}), {2, 4}),
              StatusIs(kInvalid, HasSubstr("steps 2 < 3")));
}

TEST(ConvMistakes, PoolLargerThanTheInput) {
  EXPECT_THAT(
      BuildError(MaxPooling2D({.pool_size = {2, 3}}), {1, 4, 1}),
      StatusIs(kInvalid, AllOf(HasSubstr("layer max_pooling2d (MaxPooling2D)"), HasSubstr("the pool covers [2,3]"),
                               HasSubstr("f32[batch,1,4,1]"), HasSubstr("height 1 < 2"))));
  EXPECT_THAT(BuildError(AveragePooling1D({.pool_size = 5}), {4, 2}), StatusIs(kInvalid, HasSubstr("steps 4 < 5")));
  WEFT_EXPECT_OK(BuildError(AveragePooling1D({.pool_size = 5, .padding = "same"}), {4, 2}));
}

TEST(ConvMistakes, Groups) {
  EXPECT_THAT(BuildError(Conv2D({.filters = 4, .kernel_size = 3, .groups = 2}), {6, 6, 3}),
              StatusIs(kInvalid, AllOf(HasSubstr("channels must be divisible by groups"),
                                       HasSubstr("f32[batch,6,6,3] with 3 channels, groups 2"))));
  EXPECT_THAT(BuildError(Conv2D({.filters = 5, .kernel_size = 3, .groups = 2}), {6, 6, 4}),
              StatusIs(kInvalid, HasSubstr("filters must be divisible by groups; received filters 5, groups 2")));
  EXPECT_THAT(BuildError(Conv2D({.filters = 4, .kernel_size = 3, .groups = 0}), {6, 6, 4}),
              StatusIs(kInvalid, HasSubstr("groups must be at least 1, received 0")));
}

TEST(ConvMistakes, PaddingNames) {
  EXPECT_THAT(BuildError(Conv2D({.filters = 4, .kernel_size = 3, .padding = "smae"}), {6, 6, 3}),
              StatusIs(kInvalid, AllOf(HasSubstr("unknown padding 'smae'"), HasSubstr("did you mean 'same'?"))));
  EXPECT_THAT(BuildError(Conv2D({.filters = 4, .kernel_size = 3, .padding = "causal"}), {6, 6, 3}),
              StatusIs(kInvalid, HasSubstr("padding 'causal' is for Conv1D alone")));
  EXPECT_THAT(BuildError(DepthwiseConv1D({.kernel_size = 3, .padding = "causal"}), {6, 3}),
              StatusIs(kInvalid, HasSubstr("padding 'causal' is for Conv1D alone")));
  EXPECT_THAT(BuildError(Conv1D({.filters = 4, .kernel_size = 3, .padding = "casual"}), {6, 3}),
              StatusIs(kInvalid, HasSubstr("did you mean 'causal'?")));
  EXPECT_THAT(BuildError(MaxPooling1D({.padding = "vaild"}), {6, 3}),
              StatusIs(kInvalid, HasSubstr("did you mean 'valid'?")));
  EXPECT_THAT(BuildError(Conv2DTranspose({.filters = 4, .kernel_size = 3, .padding = "full"}), {6, 6, 3}),
              StatusIs(kInvalid, AllOf(HasSubstr("unknown padding 'full'"), HasSubstr("there are 'valid', 'same'"))));
}

TEST(ConvMistakes, StridesTogetherWithDilation) {
  EXPECT_THAT(BuildError(Conv2D({.filters = 4, .kernel_size = 3, .strides = {1, 2}, .dilation_rate = 2}), {9, 9, 3}),
              StatusIs(kInvalid, AllOf(HasSubstr("strides > 1 cannot be combined with dilation_rate > 1"),
                                       HasSubstr("strides [1,2], dilation_rate [2,2]"))));
  EXPECT_THAT(BuildError(Conv1DTranspose({.filters = 4, .kernel_size = 3, .strides = 2, .dilation_rate = 2}), {9, 3}),
              StatusIs(kInvalid, HasSubstr("cannot be combined")));
}

TEST(ConvMistakes, OptionsThatAreNotGivenOrOutOfRange) {
  EXPECT_THAT(BuildError(Conv2D({.kernel_size = 3}), {6, 6, 3}),
              StatusIs(kInvalid, HasSubstr("filters must be at least 1, received 0")));
  EXPECT_THAT(BuildError(Conv2D({.filters = 3}), {6, 6, 3}),
              StatusIs(kInvalid, HasSubstr("kernel_size must be two numbers (height, width), or one for both, of at "
                                           "least 1; received []")));
  EXPECT_THAT(BuildError(Conv2D({.filters = 3, .kernel_size = {3, 0}}), {6, 6, 3}),
              StatusIs(kInvalid, HasSubstr("received [3,0]")));
  EXPECT_THAT(BuildError(Conv1D({.filters = 3, .kernel_size = {3, 3}}), {6, 3}),
              StatusIs(kInvalid, HasSubstr("kernel_size must be one number of at least 1; received [3,3]")));
  EXPECT_THAT(BuildError(AveragePooling2D({}), {6, 6, 3}), StatusIs(kInvalid, HasSubstr("pool_size must be")));
  EXPECT_THAT(BuildError(MaxPooling2D({.strides = 0}), {6, 6, 3}), StatusIs(kInvalid, HasSubstr("strides must be")));
  EXPECT_THAT(BuildError(DepthwiseConv2D({.kernel_size = 2, .depth_multiplier = 0}), {6, 6, 3}),
              StatusIs(kInvalid, HasSubstr("depth_multiplier must be at least 1")));
  EXPECT_THAT(
      BuildError(Conv2DTranspose({.filters = 2, .kernel_size = 2, .strides = 2, .output_padding = 2}), {6, 6, 3}),
      StatusIs(kInvalid, HasSubstr("output_padding must be less than strides")));
}

TEST(ConvMistakes, CroppingPaddingUpSampling) {
  EXPECT_THAT(BuildError(Cropping1D({.cropping = {2, 3}}), {5, 1}),
              StatusIs(kInvalid, AllOf(HasSubstr("cropping (2, 3) leaves nothing"), HasSubstr("f32[batch,5,1]"))));
  EXPECT_THAT(BuildError(Cropping2D({.cropping = {{0, 0}, {4, 1}}}), {5, 5, 1}),
              StatusIs(kInvalid, HasSubstr("leaves nothing of axis 2")));
  EXPECT_THAT(BuildError(Cropping1D({.cropping = {1, 2, 3}}), {5, 1}),
              StatusIs(kInvalid, HasSubstr("cropping must be one number, or {before, behind}; received [1,2,3]")));
  EXPECT_THAT(BuildError(ZeroPadding2D({.padding = {{0, -1}, {0, 0}}}), {5, 5, 1}),
              StatusIs(kInvalid, HasSubstr("padding must not be negative, received (0, -1)")));
  EXPECT_THAT(BuildError(UpSampling2D({.interpolation = "bilinaer"}), {5, 5, 1}),
              StatusIs(kInvalid, HasSubstr("did you mean 'bilinear'?")));
  EXPECT_THAT(BuildError(UpSampling2D({.interpolation = "bicubic"}), {5, 5, 1}),
              StatusIs(kInvalid, HasSubstr("interpolation 'bicubic' is not supported")));
  EXPECT_THAT(BuildError(UpSampling1D({.size = 0}), {5, 1}), StatusIs(kInvalid, HasSubstr("size must be")));
}

TEST(ConvMistakes, ConfigurationsThatAreNotSupported) {
  EXPECT_THAT(ConfigError("Conv2D", R"({"filters": 2, "kernel_size": 3, "data_format": "channels_first"})"),
              StatusIs(kInvalid, AllOf(HasSubstr("data_format"), HasSubstr("channels_first"))));
  EXPECT_THAT(ConfigError("MaxPooling1D", R"({"data_format": "channels_first"})"),
              StatusIs(kInvalid, HasSubstr("channels_first")));
  EXPECT_THAT(ConfigError("ZeroPadding2D", R"({"padding": [[1, 2, 3], [0, 0]]})"),
              StatusIs(kInvalid, HasSubstr("((top, bottom), (left, right))")));
  EXPECT_THAT(ConfigError("Conv2D", R"({"filters": 2, "kernel_size": "three"})"),
              StatusIs(kInvalid, HasSubstr("kernel_size")));
}

// As Keras writes them: tuples are lists, and numbers may stand for them.
TEST(ConvConfigurations, KerasForms) {
  for (const char* json : {R"({"class_name": "ZeroPadding2D", "config": {"padding": [[2, 2], [2, 2]]}})",
                           R"({"class_name": "ZeroPadding2D", "config": {"padding": [2, 2]}})",
                           R"({"class_name": "ZeroPadding2D", "config": {"padding": 2}})"}) {
    WEFT_ASSERT_OK_AND_ASSIGN(auto layer, FromConfigJson(DefaultModelRegistry(), "layer", json));
    ZeroPadding2DLayer two = ZeroPadding2D({.padding = 2});
    EXPECT_EQ(ToConfigJson(*layer), ToConfigJson(two));
  }
  WEFT_ASSERT_OK_AND_ASSIGN(auto pool, FromConfigJson(DefaultModelRegistry(), "layer",
                                                      R"({"class_name": "MaxPooling2D", "config": {"pool_size": [2, 2],
      "padding": "valid", "strides": null, "data_format": "channels_last"}})"));
  EXPECT_THAT(ToConfigJson(*pool), HasSubstr(R"("strides":null)"));
}

TEST(ConvMistakes, NumbersThatAreTooLarge) {
  EXPECT_THAT(BuildError(Conv1D({.filters = 1, .kernel_size = int64_t{1} << 40}), {4, 1}),
              StatusIs(kInvalid, HasSubstr("at least 1 and at most 1073741824; received [1099511627776]")));
  EXPECT_THAT(BuildError(ZeroPadding2D({.padding = int64_t{1} << 40}), {4, 4, 1}),
              StatusIs(kInvalid, HasSubstr("must not be negative and at most 1073741824")));
}

TEST(ConvMistakes, UnitsWhoseGatesWouldOverflow) {
  for (int64_t units : {std::numeric_limits<int64_t>::max(), (int64_t{1} << 62) + 1}) {
    EXPECT_THAT(
        BuildError(LSTM({.units = units}), {4, 4}),
        StatusIs(kInvalid, AllOf(HasSubstr("layer lstm (LSTM)"), HasSubstr("units must be at most 1073741824"))));
  }
}

}  // namespace
}  // namespace weft
