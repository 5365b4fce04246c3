// The ops: types, errors, values by hand, gradients.
#include <string>
#include <vector>

#include "core/testing/status_matchers.h"
#include "graph/autodiff/gradients.h"
#include "graph/exec/reference.h"
#include "gtest/gtest.h"
#include "ops/all_ops.h"
#include "ops/conv/conv.h"

namespace weft {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

TensorType F32(Shape shape) { return {DType::kFloat32, std::move(shape)}; }

// The type of the result, or the builder's error.
template <typename Record>
absl::StatusOr<TensorType> TypeOf(TensorType a, TensorType b, Record record) {
  GraphBuilder builder(AllOps());
  Value y = record(builder.Input("a", std::move(a)), builder.Input("b", std::move(b)));
  if (!y.ok()) return builder.status();
  return y.type();
}
absl::StatusOr<TensorType> Conv(TensorType x, TensorType kernel, Conv2DOptions options = {}) {
  return TypeOf(std::move(x), std::move(kernel), [&](Value a, Value b) { return Conv2D(a, b, options); });
}

TEST(Conv2D, Types) {
  const Dim n = Dim::Symbol("n"), h = Dim::Symbol("h");
  EXPECT_EQ(*Conv(F32({n, 28, 28, 1}), F32({3, 3, 1, 32})), F32({n, 26, 26, 32}));
  EXPECT_EQ(*Conv(F32({n, 28, 27, 1}), F32({3, 4, 1, 32}), {.strides = {2, 3}}), F32({n, 13, 8, 32}));
  EXPECT_EQ(*Conv(F32({n, 28, 28, 4}), F32({3, 5, 2, 6}),
                  {.dilations = {2, 3}, .padding_low = {1, 2}, .padding_high = {3, 4}, .groups = 2}),
            F32({n, 28, 22, 6}));
  EXPECT_EQ(*Conv(F32({n, h, 3, 1}), F32({3, 3, 1, 2})), F32({n, h - 2, 1, 2}));
  EXPECT_EQ(*Conv(F32({n, 2 * h, 3, 1}), F32({2, 3, 1, 2}), {.strides = {2, 1}}), F32({n, h, 1, 2}));
  EXPECT_EQ(*Conv(F32({n, h, 3, 1}), F32({3, 3, 1, 2}), {.strides = {2, 1}, .padding_high = {1, 0}}),
            F32({n, FloorDiv(h - 2, 2) + 1, 1, 2}));
  // Where the kernel fits just not, there is nothing left; that is an error only where it is known.
  EXPECT_EQ(*Conv({DType::kFloat64, {1, 3, 3, 1}}, {DType::kFloat64, {3, 3, 1, 1}}),
            (TensorType{DType::kFloat64, {1, 1, 1, 1}}));
}

TEST(Conv2D, TypesOfTheTransposes) {
  const Dim n = Dim::Symbol("n");
  EXPECT_EQ(*TypeOf(F32({n, 13, 13, 5}), F32({3, 3, 2, 5}),
                    [&](Value dy, Value k) {
                      return Conv2DInputGradient(dy, k, {n, 28, 27, 2}, {.strides = {2, 2}});
                    }),
            F32({n, 28, 27, 2}));
  EXPECT_EQ(*TypeOf(F32({n, 28, 27, 2}), F32({n, 13, 13, 5}),
                    [&](Value x, Value dy) {
                      return Conv2DKernelGradient(x, dy, {3, 3, 2, 5}, {.strides = {2, 2}});
                    }),
            F32({3, 3, 2, 5}));
}

TEST(Conv2D, ErrorsSayWhatWasExpectedAndWhatCame) {
  const auto error = [](const auto&... parts) {
    return StatusIs(absl::StatusCode::kInvalidArgument, AllOf(HasSubstr("conv2d_test.cc"), HasSubstr(parts)...));
  };
  const TensorType x = F32({2, 5, 6, 4}), kernel = F32({3, 3, 4, 8});
  EXPECT_THAT(Conv(x, F32({7, 3, 4, 8})),
              error("kernel [7,3,4,8] reaches over 7 positions of the height", "[2,5,6,4] has with padding: 5"));
  EXPECT_THAT(Conv(x, kernel, {.dilations = {1, 3}}), error("reaches over 7 positions of the width", "padding: 6"));
  EXPECT_THAT(Conv(x, F32({3, 3, 3, 8})), error("is for 3 channels", "[2,5,6,4] has 4"));
  EXPECT_THAT(Conv(x, kernel, {.groups = 2}), error("is for 4 channels in each of 2 groups", "has 2"));
  EXPECT_THAT(Conv(x, kernel, {.groups = 3}), error("the input's 4 channels cannot be divided into 3 groups"));
  EXPECT_THAT(Conv(x, F32({3, 3, 2, 7}), {.groups = 2}), error("the kernel's 7 outputs cannot be divided into 2"));
  EXPECT_THAT(Conv(F32({5, 6, 4}), kernel), error("x is f32[5,6,4]", "rank 4, [batch, height, width, channels]"));
  EXPECT_THAT(Conv(x, F32({3, 4, 8})), error("kernel is f32[3,4,8]", "rank 4"));
  EXPECT_THAT(Conv(x, F32({0, 3, 4, 8})), error("kernel is f32[0,3,4,8]", "1 or more"));
  EXPECT_THAT(Conv(x, F32({3, Dim::Symbol("k"), 4, 8})), error("f32[3,k,4,8]", "constant dims"));
  EXPECT_THAT(Conv(F32({2, 5, 6, Dim::Symbol("c")}), kernel), error("has c channels, expected a constant"));
  EXPECT_THAT(Conv({DType::kInt32, x.shape}, kernel), error("x is i32[2,5,6,4], expected floats"));
  EXPECT_THAT(Conv({DType::kFloat64, x.shape}, kernel), error("x is f64[2,5,6,4]", "f32[3,3,4,8]", "one dtype"));
  EXPECT_THAT(Conv(x, kernel, {.strides = {0, 1}}), error("strides is [0,1], expected two numbers >= 1"));
  EXPECT_THAT(Conv(x, kernel, {.strides = {1}}), error("strides is [1], expected two numbers"));
  EXPECT_THAT(Conv(x, kernel, {.dilations = {1, 0}}), error("dilations is [1,0]"));
  EXPECT_THAT(Conv(x, kernel, {.padding_low = {-1, 0}}), error("padding_low is [-1,0], expected two numbers >= 0"));
  EXPECT_THAT(Conv(x, kernel, {.padding_high = {0, int64_t{1} << 62}}), error("padding_high is"));
  EXPECT_THAT(Conv(x, kernel, {.groups = 0}), error("groups is 0, expected 1 or more"));
  // The transposes are told what they are the transposes of.
  EXPECT_THAT(TypeOf(F32({2, 3, 4, 8}), kernel,
                     [&](Value dy, Value k) {
                       return Conv2DInputGradient(dy, k, Shape{2, 6, 6, 4});
                     }),
              error("dy is f32[2,3,4,8]", "[2,6,6,4]", "gives [2,4,4,8]"));
  EXPECT_THAT(TypeOf(x, F32({2, 3, 4, 8}),
                     [&](Value a, Value dy) {
                       return Conv2DKernelGradient(a, dy, Shape{2, 3, 4, 8});
                     }),
              error("dy is f32[2,3,4,8]", "gives [2,4,4,8]"));
}

TEST(Conv2D, AnOperandThatWasNeverSetIsAnError) {
  GraphBuilder builder(AllOps());
  EXPECT_FALSE(Conv2D(Value(), builder.Input("k", F32({3, 3, 1, 1}))).ok());
  EXPECT_THAT(builder.status(), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("conv2d")));
  EXPECT_TRUE(Conv2D(Value(), Value()).absent());
}

Tensor Counting(const Dims& dims, float first = 1) {
  Tensor t = *Tensor::Create(DType::kFloat32, dims);
  for (float& v : t.mutable_data<float>()) v = first++;
  return t;
}

std::vector<float> Values(const Tensor& t) { return {t.data<float>().begin(), t.data<float>().end()}; }

// The three results of one convolution, by the reference.
struct Results {
  std::vector<float> y, dx, dk;
};
Results AllThree(const Tensor& x, const Tensor& kernel, const Tensor& dy, Conv2DOptions options) {
  GraphBuilder builder(AllOps());
  const auto input = [&](const char* name, const Tensor& t) {
    return builder.Input(name, F32(Shape::FromDims(t.dims())));
  };
  Value a = input("x", x), k = input("k", kernel), d = input("dy", dy);
  builder.Output("y", Conv2D(a, k, options));
  builder.Output("dx", Conv2DInputGradient(d, k, a.shape(), options));
  builder.Output("dk", Conv2DKernelGradient(a, d, k.shape(), options));
  absl::StatusOr<GraphPtr> graph = builder.Build();
  WEFT_EXPECT_OK(graph.status());
  absl::StatusOr<ReferenceResult> result = RunReference(**graph, {x, kernel, dy});
  WEFT_EXPECT_OK(result.status());
  return {Values(result->outputs[0]), Values(result->outputs[1]), Values(result->outputs[2])};
}

TEST(Conv2D, ByHand) {
  // x = 1 2 3    kernel = 1 2    dy = 10 20
  //     4 5 6             3 4
  const Results r =
      AllThree(Counting({1, 2, 3, 1}), Counting({2, 2, 1, 1}), *Tensor::FromVector<float>({10, 20}, {1, 1, 2, 1}), {});
  EXPECT_THAT(r.y, ElementsAre(1 + 4 + 12 + 20, 2 + 6 + 15 + 24));
  EXPECT_THAT(r.dx, ElementsAre(10, 20 + 20, 40, 30, 40 + 60, 80));
  EXPECT_THAT(r.dk, ElementsAre(10 + 40, 20 + 60, 40 + 100, 50 + 120));
}

TEST(Conv2D, StridesDilationsAndPaddingByHand) {
  // One row: 1 2 3 4 5 between a zero on the left and two on the right, taps 2 apart, every third position.
  const Results r = AllThree(Counting({1, 1, 5, 1}), Counting({1, 2, 1, 1}, 10), Counting({1, 1, 2, 1}),
                             {.strides = {1, 3}, .dilations = {1, 2}, .padding_low = {0, 1}, .padding_high = {0, 2}});
  EXPECT_THAT(r.y, ElementsAre(11 * 2, 10 * 3 + 11 * 5));
  EXPECT_THAT(r.dx, ElementsAre(0, 11, 20, 0, 22));
  EXPECT_THAT(r.dk, ElementsAre(2 * 3, 2 + 2 * 5));
}

TEST(Conv2D, GroupsSeeTheirOwnChannels) {
  const Results r = AllThree(Counting({1, 1, 1, 4}), Counting({1, 1, 2, 2}), Counting({1, 1, 1, 2}), {.groups = 2});
  EXPECT_THAT(r.y, ElementsAre(1 * 1 + 2 * 3, 3 * 2 + 4 * 4));
  EXPECT_THAT(r.dx, ElementsAre(1, 3, 4, 8));
  EXPECT_THAT(r.dk, ElementsAre(1, 6, 2, 8));
}

TEST(Conv2DGradient, TheThreeAreClosedUnderDifferentiation) {
  GraphBuilder builder(AllOps());
  const Dim n = Dim::Symbol("n");
  const Conv2DOptions options{.strides = {2, 1}, .padding_low = {1, 0}};
  Value x = builder.Input("x", F32({n, 9, 8, 4})), k = builder.Input("k", F32({3, 3, 4, 5}));
  const auto op = [](Value v) { return v.builder()->producer(v).op->name; };
  Value y = Conv2D(x, k, options), dy = builder.Input("dy", y.type());
  WEFT_ASSERT_OK_AND_ASSIGN(const std::vector<Value> d, Gradients({y}, {x, k}, {dy}));
  EXPECT_EQ(op(d[0]), kConv2DInputGradientOp);
  EXPECT_EQ(op(d[1]), kConv2DKernelGradientOp);
  EXPECT_EQ(d[0].type(), x.type());
  EXPECT_EQ(d[1].type(), k.type());
  WEFT_ASSERT_OK_AND_ASSIGN(const std::vector<Value> dx, Gradients({d[0]}, {dy, k}, {x}));
  EXPECT_EQ(op(dx[0]), kConv2DOp);
  EXPECT_EQ(op(dx[1]), kConv2DKernelGradientOp);
  WEFT_ASSERT_OK_AND_ASSIGN(const std::vector<Value> dk, Gradients({d[1]}, {x, dy}, {k}));
  EXPECT_EQ(op(dk[0]), kConv2DInputGradientOp);
  EXPECT_EQ(op(dk[1]), kConv2DOp);
}

}  // namespace
}  // namespace weft
