// Activations as layers, and layers that rearrange.
#include <cmath>

#include "core/testing/status_matchers.h"
#include "gtest/gtest.h"
#include "models/layers/layers.h"
#include "models/layers/testing/record_layer.h"
#include "models/sequential.h"
#include "ops/all_ops.h"

namespace weft {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

Tensor F32(Dims dims, std::vector<float> values) { return *Tensor::FromVector<float>(std::move(values), dims); }

// Outside training; the model's weights are what `weights` says.
absl::StatusOr<Tensor> Apply(LayerRef layer, const Tensor& x, const std::vector<Tensor>& weights = {}) {
  Sequential model({Input({.shape = {x.dims().begin() + 1, x.dims().end()}, .dtype = x.dtype()}), std::move(layer)});
  if (!weights.empty()) {
    absl::Status status = model.SetWeights(weights);
    if (!status.ok()) return status;
  }
  return model.Predict(x);
}

TEST(ActivationLayers, Formulas) {
  const Tensor x = F32({1, 4}, {-2, 0, 0.5, 3});
  WEFT_ASSERT_OK_AND_ASSIGN(Tensor leaky, Apply(LeakyReLU(), x));
  EXPECT_THAT(leaky.data<float>(), ElementsAre(-0.6f, 0, 0.5, 3)) << "Keras' layer has 0.3, its function 0.2";
  WEFT_ASSERT_OK_AND_ASSIGN(Tensor elu, Apply(ELU(2), x));
  EXPECT_NEAR(elu.AtDouble(0), 2 * std::expm1(-2.0), 1e-6);
  WEFT_ASSERT_OK_AND_ASSIGN(Tensor relu, Apply(ReLU({.max_value = 2, .negative_slope = 0.5, .threshold = 1}), x));
  EXPECT_THAT(relu.data<float>(), ElementsAre(-1.5f, -0.5f, -0.25f, 2));
  WEFT_ASSERT_OK_AND_ASSIGN(Tensor plain, Apply(ReLU(), x));
  EXPECT_THAT(plain.data<float>(), ElementsAre(0, 0, 0.5, 3));
}

TEST(PReLU, SharedAxesHaveOneAlpha) {
  const Tensor x = F32({1, 2, 2}, {-1, -2, -3, 4});
  WEFT_ASSERT_OK_AND_ASSIGN(Tensor own, Apply(PReLU(), x, {F32({2, 2}, {1, 2, 3, 4})}));
  EXPECT_THAT(own.data<float>(), ElementsAre(-1, -4, -9, 4));
  WEFT_ASSERT_OK_AND_ASSIGN(Tensor shared, Apply(PReLU({.shared_axes = {{1}}}), x, {F32({1, 2}, {1, 2})}));
  EXPECT_THAT(shared.data<float>(), ElementsAre(-1, -4, -3, 4));
}

TEST(Softmax, OverSeveralAxes) {
  WEFT_ASSERT_OK_AND_ASSIGN(Tensor y, Apply(Softmax(SoftmaxOptions{.axis = {1, -1}}),
                                            F32({1, 2, 2}, {0, std::log(2.f), std::log(3.f), std::log(4.f)})));
  for (int64_t i = 0; i < 4; ++i) EXPECT_NEAR(y.AtDouble(i), static_cast<double>(i + 1) / 10, 1e-6);
}

TEST(Softmax, MaskedElementsGetNothing) {
  GraphBuilder b(AllOps());
  const Value x = b.Input("x", {DType::kFloat32, {2, 3}}), mask = b.Input("mask", {DType::kBool, {2, 3}});
  auto layer = Softmax(SoftmaxOptions{});
  WEFT_ASSERT_OK_AND_ASSIGN(RecordedLayer recorded, RecordLayer(b, layer, {x}, {.masks = {mask}}));
  EXPECT_EQ(recorded.masks[0], mask);
  b.Output("y", recorded.outputs[0]);
  WEFT_ASSERT_OK_AND_ASSIGN(GraphPtr graph, b.Build());
  WEFT_ASSERT_OK_AND_ASSIGN(
      std::vector<Tensor> y,
      RunOptimized(graph, {F32({2, 3}, {1, 1, 9, 1, 2, 3}), *Tensor::FromVector<bool>({1, 1, 0, 0, 0, 0}, {2, 3})}));
  EXPECT_THAT(y[0].data<float>(), ElementsAre(0.5, 0.5, 0, 0, 0, 0));

  GraphBuilder wrong(AllOps());
  const Value steps = wrong.Input("x", {DType::kFloat32, {2, 3, 4}}), m = wrong.Input("m", {DType::kBool, {2, 3}});
  EXPECT_THAT(RecordLayer(wrong, layer, {steps}, {.masks = {m}}),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("mask must broadcast to the input")));
}

TEST(Permute, MovesAxes) {
  WEFT_ASSERT_OK_AND_ASSIGN(Tensor y, Apply(Permute({.dims = {2, 1}}), F32({1, 2, 3}, {1, 2, 3, 4, 5, 6})));
  EXPECT_EQ(y.dims(), (Dims{1, 3, 2}));
  EXPECT_THAT(y.data<float>(), ElementsAre(1, 4, 2, 5, 3, 6));
}

TEST(RepeatVector, RepeatsEachSample) {
  WEFT_ASSERT_OK_AND_ASSIGN(Tensor y, Apply(RepeatVector(2), F32({2, 2}, {1, 2, 3, 4})));
  EXPECT_EQ(y.dims(), (Dims{2, 2, 2}));
  EXPECT_THAT(y.data<float>(), ElementsAre(1, 2, 1, 2, 3, 4, 3, 4));
}

TEST(Identity, KeepsTheMaskAndTheDtype) {
  GraphBuilder b(AllOps());
  const Value x = b.Input("x", {DType::kUInt8, {2, 3}}), mask = b.Input("mask", {DType::kBool, {2, 3}});
  auto layer = layers::Identity();
  WEFT_ASSERT_OK_AND_ASSIGN(RecordedLayer recorded, RecordLayer(b, layer, {x}, {.masks = {mask}}));
  EXPECT_EQ(recorded.outputs[0], x);
  EXPECT_EQ(recorded.masks[0], mask);
}

TEST(SmallLayers, Mistakes) {
  const absl::StatusCode kInvalid = absl::StatusCode::kInvalidArgument;
  const Tensor x = F32({1, 2, 3}, {1, 2, 3, 4, 5, 6});
  EXPECT_THAT(Apply(LeakyReLU(-0.1), x), StatusIs(kInvalid, HasSubstr("negative_slope must be at least 0")));
  EXPECT_THAT(Apply(ReLU({.max_value = -1}), x), StatusIs(kInvalid, HasSubstr("max_value must be at least 0")));
  EXPECT_THAT(Apply(ReLU({.threshold = -1}), x), StatusIs(kInvalid, HasSubstr("threshold must be at least 0")));
  EXPECT_THAT(Apply(PReLU({.shared_axes = {{3}}}), x), StatusIs(kInvalid, HasSubstr("3 is not an axis of a sample")));
  EXPECT_THAT(Apply(Softmax(SoftmaxOptions{.axis = {3}}), x), StatusIs(kInvalid, HasSubstr("3 is not in [-3, 3)")));
  EXPECT_THAT(Apply(Permute({.dims = {1, 3}}), x), StatusIs(kInvalid, HasSubstr("numbers 1 to 2")));
  EXPECT_THAT(Apply(Permute({.dims = {1, 2, 3}}), x), StatusIs(kInvalid, HasSubstr("names 3 axes of a sample")));
  EXPECT_THAT(Apply(RepeatVector(2), x), StatusIs(kInvalid, HasSubstr("[batch, features], received f32[batch,2,3]")));
  EXPECT_THAT(Apply(RepeatVector(0), F32({1, 1}, {1})), StatusIs(kInvalid, HasSubstr("n must be at least 1")));
}

}  // namespace
}  // namespace weft
