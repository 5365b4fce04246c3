// The fusion that keeps the places of maxima instead of a convolution, and its kernels: the bits of the separate ops at
// every ISA level.
#include "ops/conv/winners_fusion.h"

#include <functional>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/testing/status_matchers.h"
#include "graph/autodiff/gradients.h"
#include "graph/passes/passes.h"
#include "gtest/gtest.h"
#include "ops/all_ops.h"
#include "ops/conv/conv.h"
#include "ops/elementwise/elementwise.h"
#include "ops/pool/pool.h"
#include "ops/reduce/reduce.h"
#include "ops/testing/fusion.h"
#include "ops/testing/targets.h"

namespace weft {
namespace {

using ::testing::HasSubstr;

TensorType F32(const Dims& dims) { return {DType::kFloat32, Shape::FromDims(dims)}; }

// Small whole numbers, so that many maxima are found twice, and many are zero.
Tensor WholeNumbers(const Dims& dims, uint32_t seed) {
  std::mt19937 engine(seed);
  Tensor t = *Tensor::Create(DType::kFloat32, dims);
  for (float& x : t.mutable_data<float>()) x = static_cast<float>(static_cast<int>(engine() % 5) - 2);
  return t;
}
struct Case {
  Dims x, kernel;
  Conv2DOptions options = {};
  bool plain = true;  // or more than relu(sum + bias)
};

Dims PooledDims(const Case& c) {
  Dims dims = {c.x[0], 0, 0, c.kernel[3]};
  for (int i : {0, 1}) {
    const int64_t room = c.x[1 + i] + c.options.padding_low[i] + c.options.padding_high[i] -
                         ((c.kernel[i] - 1) * c.options.dilations[i] + 1);
    dims[1 + i] = (room / c.options.strides[i] + 1) / 2;
  }
  return dims;
}

// What else is asked of the function.
struct Extra {
  bool dx = false, y = false;
  std::function<Value(Value)> activation = [](Value v) { return Relu(v); };
};

GraphPtr Record(const Case& c, const Extra& extra = {}) {
  GraphBuilder b(AllOps());
  Value x = b.Input("x", F32(c.x)), k = b.Input("k", F32(c.kernel)), bias = b.Input("bias", F32({c.kernel[3]}));
  Value dp = b.Input("dp", F32(PooledDims(c)));
  Value sum = Conv2D(x, k, c.options);
  Value y = extra.activation(c.plain ? sum + bias : sum + bias + 0.25);
  Value pooled = MaxPool2D(y);
  std::vector<Value> of = {k, bias};
  if (extra.dx) of.push_back(x);
  absl::StatusOr<std::vector<Value>> d = Gradients({ReduceSum(pooled * dp)}, of);
  WEFT_EXPECT_OK(d.status());
  b.Output("pooled", pooled);
  b.Output("dk", (*d)[0]);
  b.Output("db", (*d)[1]);
  if (extra.dx) b.Output("dx", (*d)[2]);
  if (extra.y) b.Output("y", y);
  absl::StatusOr<GraphPtr> graph = b.Build();
  WEFT_EXPECT_OK(graph.status());
  return *graph;
}

void Check(const Case& c, const std::vector<Tensor>& inputs) {
  const GraphPtr separate = Record(c), fused = Fused(separate);
  ASSERT_NE(FindNode(*fused, kConv2DPooledWeightGradientsOp), nullptr);
  ASSERT_TRUE(FindNode(*fused, kConv2DMaxPoolOp)->attrs->Bool("winners"));
  ASSERT_EQ(FindNode(*fused, "max_pool2d_gradient_epilogue"), nullptr);
  ExpectSameResults(*separate, *fused, inputs, BitEqualOrNan);
}

TEST(ConvPoolWinnersFusion, HasTheBitsOfTheSeparateOps) {
  const Conv2DOptions same{.padding_low = {1, 1}, .padding_high = {1, 1}};
  for (bool plain : {true, false}) {
    for (Case c : std::vector<Case>{{{3, 28, 28, 1}, {3, 3, 1, 32}},
                                    {{2, 13, 12, 1}, {3, 3, 1, 17}, same},
                                    {{2, 9, 9, 1}, {5, 5, 1, 40}, same},
                                    {{3, 11, 9, 2}, {3, 3, 2, 64}},
                                    {{2, 7, 8, 3}, {2, 3, 3, 5}, same},
                                    {{1, 9, 130, 1}, {3, 3, 1, 70}},  // a part of two rows is a block
                                    {{9, 8, 8, 2}, {3, 3, 2, 129}, {.strides = {2, 1}}},
                                    {{1, 80, 60, 1}, {3, 3, 1, 20}, same},  // strips of an image
                                    {{5, 10, 11, 1}, {3, 3, 1, 16}, {.strides = {1, 2}}},
                                    {{2, 9, 8, 2}, {2, 2, 2, 33}, {.dilations = {2, 3}}}}) {
      c.plain = plain;
      SCOPED_TRACE(absl::StrCat(DimsToString(c.x), " * ", DimsToString(c.kernel), plain ? "" : ", not plain"));
      Check(c, {WholeNumbers(c.x, 1), WholeNumbers(c.kernel, 2), WholeNumbers({c.kernel[3]}, 3),
                RandomTensor(PooledDims(c), 4)});
      if (HasFailure()) return;
      Check(c, {RandomTensor(c.x, 1), RandomTensor(c.kernel, 2), RandomTensor({c.kernel[3]}, 3),
                RandomTensor(PooledDims(c), 4)});
      if (HasFailure()) return;
    }
  }
}

// Sums that differ, but not behind the bias: the first of them counts.
TEST(ConvPoolWinnersFusion, TheWinnerIsThatBehindTheBias) {
  const Case c{{1, 4, 4, 1}, {3, 3, 1, 2}};
  Tensor x = *Tensor::Create(DType::kFloat32, c.x), kernel = *Tensor::Create(DType::kFloat32, c.kernel);
  for (int64_t i = 0; i < 16; ++i) x.mutable_data<float>()[i] = static_cast<float>(i) * 1e-6f;
  for (float& v : kernel.mutable_data<float>()) v = 1e-3f;
  Tensor bias = *Tensor::Create(DType::kFloat32, {2});
  bias.mutable_data<float>()[0] = 1;
  bias.mutable_data<float>()[1] = 1e-9f;
  Check(c, {x, kernel, bias, RandomTensor(PooledDims(c), 4)});
}

TEST(ConvPoolWinnersFusion, NansAndInfinitiesWinAsTheyDid) {
  const float inf = std::numeric_limits<float>::infinity(), nan = std::numeric_limits<float>::quiet_NaN();
  for (float odd : {inf, -inf, nan}) {
    const Case c{{1, 8, 9, 1}, {3, 3, 1, 5}};
    std::vector<Tensor> inputs = {RandomTensor(c.x, 1), RandomTensor(c.kernel, 2), RandomTensor({5}, 3),
                                  RandomTensor(PooledDims(c), 4)};
    inputs[0].mutable_data<float>()[20] = odd;
    inputs[2].mutable_data<float>()[1] = odd;
    inputs[3].mutable_data<float>()[7] = -0.0f;
    Check(c, inputs);
  }
}

TEST(ConvPoolWinnersFusion, SaysWhatItDid) {
  auto module = std::make_shared<Module>(AllOps());
  WEFT_ASSERT_OK(module->AddFunction("f", Record({{2, 8, 8, 1}, {3, 3, 1, 4}})));
  WEFT_ASSERT_OK_AND_ASSIGN(const PassResult fused, FusePass().run(module, Target()));
  int found = 0;
  for (const Receipt& receipt : fused.receipts) found += receipt.rule == kConv2DPooledWeightGradientsOp;
  EXPECT_EQ(found, 1);
}

TEST(ConvPoolWinnersFusion, StaysAwayWhereMoreIsAskedOfTheConvolution) {
  const auto fuses = [](const Extra& extra) {
    return FindNode(*Fused(Record({{2, 8, 8, 1}, {3, 3, 1, 4}}, extra)), kConv2DPooledWeightGradientsOp) != nullptr;
  };
  EXPECT_TRUE(fuses({}));
  EXPECT_FALSE(fuses({.dx = true}));
  EXPECT_FALSE(fuses({.y = true}));
  EXPECT_FALSE(fuses({.activation = [](Value v) { return Tanh(v); }}));
  EXPECT_FALSE(fuses({.activation = [](Value v) { return v; }}));
  EXPECT_FALSE(fuses({.activation = [](Value v) { return Select(Greater(v, 0.0), v, v * 0.1); }}));
}

TEST(ConvPooledWeightGradients, ErrorsSayWhatWasExpected) {
  const auto error = [](const TensorType& winners, const Dims& dpooled) {
    GraphBuilder body(AllOps());
    body.Output("y", body.Input("x", {DType::kFloat32, {}}));
    GraphBuilder b(AllOps());
    const std::vector<Value> in = {b.Input("x", F32({2, 8, 8, 1})), b.Input("w", winners), b.Input("d", F32(dpooled))};
    b.Record(kConv2DPooledWeightGradientsOp, in, {{"kernel_shape", Shape{3, 3, 1, 4}}, {"sum_body", *body.Build()}},
             SourceLocation::current(), 2);
    return b.status();
  };
  const TensorType winners{DType::kUInt8, Shape{2, 3, 3, 4}};
  WEFT_EXPECT_OK(error(winners, {2, 3, 3, 4}));
  EXPECT_THAT(error(winners, {2, 6, 6, 4}),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("expected f32[2,3,3,4]")));
  EXPECT_THAT(error(F32({2, 3, 3, 4}), {2, 3, 3, 4}),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("expected u8[2,3,3,4]")));
}

}  // namespace
}  // namespace weft
