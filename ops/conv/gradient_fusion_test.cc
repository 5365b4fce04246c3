// The fusion that makes conv2d_weight_gradients, and its kernel: the bits of the separate ops at every ISA level.
#include "ops/conv/gradient_fusion.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/testing/status_matchers.h"
#include "gtest/gtest.h"
#include "ops/all_ops.h"
#include "ops/conv/conv.h"
#include "ops/elementwise/elementwise.h"
#include "ops/reduce/reduce.h"
#include "ops/testing/fusion.h"

namespace weft {
namespace {

Value Input(GraphBuilder& b, const char* name, const Dims& dims) {
  return b.Input(name, {DType::kFloat32, Shape::FromDims(dims)});
}

struct Case {
  Dims x, kernel;
  Conv2DOptions options = {};
};

// A kernel's gradient and a bias' momentum and update.
GraphPtr Record(const Case& c, const Dims& dy_dims, bool update) {
  GraphBuilder b(AllOps());
  Value x = Input(b, "x", c.x), dy = Input(b, "dy", dy_dims);
  Value bias = Input(b, "bias", {c.kernel[3]}), velocity = Input(b, "velocity", {c.kernel[3]});
  b.Output("dk", Conv2DKernelGradient(x, dy, Shape::FromDims(c.kernel), c.options));
  Value db = ReduceSum(dy, {.axes = {0, 1, 2}});
  Value v = update ? velocity * 0.9 + db : db;
  b.Output("v", v);
  b.Output("bias", update ? bias - v * 0.01 : bias);
  absl::StatusOr<GraphPtr> graph = b.Build();
  WEFT_EXPECT_OK(graph.status());
  return *graph;
}

TEST(ConvWeightGradientsFusion, HasTheBitsOfTheSeparateOps) {
  const std::vector<Case> cases = {{{3, 28, 28, 1}, {3, 3, 1, 32}},
                                   {{5, 13, 13, 3}, {3, 3, 3, 64}},
                                   {{2, 5, 6, 2}, {2, 3, 2, 7}},
                                   {{2, 40, 40, 3}, {3, 3, 3, 130}, {.padding_low = {1, 1}, .padding_high = {1, 1}}},
                                   {{3, 6, 6, 10}, {2, 2, 1, 10}, {.groups = 10}},
                                   {{0, 4, 4, 2}, {2, 2, 2, 3}}};
  for (const Case& c : cases) {
    for (bool update : {false, true}) {
      SCOPED_TRACE(absl::StrCat(DimsToString(c.x), " * ", DimsToString(c.kernel), update ? ", update" : ""));
      Dims dy = {c.x[0], 0, 0, c.kernel[3]};
      for (int i : {0, 1}) {
        dy[1 + i] = c.x[1 + i] + c.options.padding_low[i] + c.options.padding_high[i] - c.kernel[i] + 1;
      }
      const GraphPtr separate = Record(c, dy, update), fused = Fused(separate);
      ASSERT_EQ(CountNodes(*fused, kConv2DWeightGradientsOp), 1);
      ASSERT_EQ(CountNodes(*fused, "reduce_sum") + CountNodes(*fused, "reduce_epilogue"), 0);
      ExpectSameResults(*separate, *fused, InputsFor(*separate, "weight gradients"));
    }
  }
}

TEST(ConvWeightGradientsFusion, IsRefusedWhereOneNeedsTheOther) {
  GraphBuilder b(AllOps());
  Value x = Input(b, "x", {2, 5, 5, 1}), dy = Input(b, "dy", {2, 4, 4, 3});
  Value dk = Conv2DKernelGradient(x, dy, {2, 2, 1, 3});
  Value norm = Sqrt(ReduceSum(dk * dk));
  b.Output("dk", dk);
  b.Output("db", ReduceSum(dy, {.axes = {0, 1, 2}}) / norm);  // an epilogue that reads the kernel's gradient
  WEFT_ASSERT_OK_AND_ASSIGN(const GraphPtr graph, b.Build());
  const GraphPtr fused = Fused(graph);
  EXPECT_EQ(CountNodes(*fused, kConv2DWeightGradientsOp), 0);
  EXPECT_EQ(CountNodes(*fused, kConv2DKernelGradientOp), 1);
}

TEST(ConvWeightGradientsFusion, OtherSumsStayAsTheyAre) {
  GraphBuilder b(AllOps());
  Value x = Input(b, "x", {2, 5, 5, 1}), dy = Input(b, "dy", {2, 4, 4, 3});
  b.Output("dk", Conv2DKernelGradient(x, dy, {2, 2, 1, 3}));
  b.Output("of images", ReduceSum(dy, {.axes = {0}}));
  b.Output("with dims", ReduceSum(dy, {.axes = {0, 1, 2}, .keepdims = true}));
  WEFT_ASSERT_OK_AND_ASSIGN(const GraphPtr graph, b.Build());
  EXPECT_EQ(CountNodes(*Fused(graph), kConv2DWeightGradientsOp), 0);
}

}  // namespace
}  // namespace weft
