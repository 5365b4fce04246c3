// The fusion that makes conv2d_max_pool2d, and its kernel: the bits of the separate ops at every ISA level.
#include "ops/conv/pool_fusion.h"

#include <limits>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/testing/status_matchers.h"
#include "graph/autodiff/gradients.h"
#include "gtest/gtest.h"
#include "ops/all_ops.h"
#include "ops/conv/conv.h"
#include "ops/elementwise/elementwise.h"
#include "ops/pool/pool.h"
#include "ops/reduce/reduce.h"
#include "ops/testing/fusion.h"

namespace weft {
namespace {

using ::testing::HasSubstr;

TensorType F32(const Dims& dims) { return {DType::kFloat32, Shape::FromDims(dims)}; }

struct Case {
  Dims x, kernel;
  Conv2DOptions options = {};
  bool keep = false, activation = true;
};

GraphPtr Record(const Case& c) {
  GraphBuilder b(AllOps());
  Value x = b.Input("x", F32(c.x)), k = b.Input("k", F32(c.kernel)), bias = b.Input("bias", F32({c.kernel[3]}));
  Value y = Conv2D(x, k, c.options);
  if (c.activation) y = Relu(y + bias);
  if (c.keep) b.Output("y", y);
  b.Output("pooled", MaxPool2D(y));
  if (!c.activation) b.Output("bias", bias);
  absl::StatusOr<GraphPtr> graph = b.Build();
  WEFT_EXPECT_OK(graph.status());
  return *graph;
}

std::vector<Case> Cases() {
  const Conv2DOptions same{.padding_low = {1, 1}, .padding_high = {1, 1}};
  std::vector<Case> cases;
  for (bool keep : {false, true}) {
    for (const Case& c : std::vector<Case>{{{2, 28, 28, 1}, {3, 3, 1, 32}},
                                           {{3, 13, 13, 32}, {3, 3, 32, 64}},  // 11 rows: five pairs
                                           {{1, 4, 4, 1}, {3, 3, 1, 1}},
                                           {{2, 7, 6, 3}, {2, 3, 3, 17}, same},
                                           {{1, 6, 131, 2}, {3, 2, 2, 40}},        // a part of two rows is a block
                                           {{1, 5, 150, 2}, {1, 1, 2, 70}, same},  // and two panels
                                           {{4, 9, 9, 2}, {3, 3, 2, 129}, {.strides = {2, 1}}},
                                           {{1, 8, 7, 16}, {3, 3, 16, 128}},  // three rows of maxima for two shares
                                           {{1, 13, 13, 3}, {3, 3, 3, 64}, {}, false, false},
                                           {{70, 6, 5, 40}, {2, 2, 40, 150}},  // a kernel that is packed
                                           {{1, 8, 8, 3}, {1, 1, 3, 16}},
                                           {{2, 9, 8, 2}, {2, 2, 2, 33}, {.dilations = {2, 3}}, false, false}}) {
      cases.push_back(c);
      cases.back().keep = keep;
    }
  }
  return cases;
}

TEST(ConvMaxPoolFusion, HasTheBitsOfTheSeparateOps) {
  for (const Case& c : Cases()) {
    SCOPED_TRACE(absl::StrCat(DimsToString(c.x), " * ", DimsToString(c.kernel), c.keep ? ", kept" : ""));
    const GraphPtr separate = Record(c), fused = Fused(separate);
    const Node* node = FindNode(*fused, kConv2DMaxPoolOp);
    ASSERT_NE(node, nullptr);
    EXPECT_EQ(node->num_outputs, c.keep ? 2 : 1);
    EXPECT_EQ(FindNode(*fused, "max_pool2d"), nullptr);
    std::vector<Tensor> inputs = InputsFor(*separate, "pooled");
    inputs[0].mutable_data<float>()[3] = std::numeric_limits<float>::quiet_NaN();
    ExpectSameResults(*separate, *fused, inputs, BitEqualOrNan);
  }
}

TEST(ConvMaxPoolFusion, InTrainingTheConvolutionIsKeptForThePoolingsGradient) {
  GraphBuilder b(AllOps());
  Value x = b.Input("x", F32({2, 8, 8, 1})), k = b.Input("k", F32({3, 3, 1, 4})), bias = b.Input("bias", F32({4}));
  Value pooled = MaxPool2D(Relu(Conv2D(x, k) + bias));
  WEFT_ASSERT_OK_AND_ASSIGN(const std::vector<Value> d, Gradients({ReduceSum(pooled * pooled)}, {k, bias, x}));
  b.Output("dk", d[0]);
  b.Output("db", d[1]);
  b.Output("dx", d[2]);
  WEFT_ASSERT_OK_AND_ASSIGN(const GraphPtr graph, b.Build());
  const GraphPtr fused = Fused(graph);
  const Node* node = FindNode(*fused, kConv2DMaxPoolOp);
  ASSERT_NE(node, nullptr);
  EXPECT_TRUE(node->attrs->Bool("keep"));
}

TEST(ConvMaxPoolFusion, OtherPoolingsAndOperandsStayAsTheyAre) {
  const auto fuses = [](const std::function<Value(GraphBuilder&, Value)>& record, int64_t groups = 1) {
    GraphBuilder b(AllOps());
    Value x = b.Input("x", F32({2, 8, 8, 2})), k = b.Input("k", F32({3, 3, 2 / groups, 4}));
    b.Output("y", record(b, Conv2D(x, k, {.groups = groups})));
    absl::StatusOr<GraphPtr> graph = b.Build();
    WEFT_EXPECT_OK(graph.status());
    return FindNode(*Fused(*graph), kConv2DMaxPoolOp) != nullptr;
  };
  EXPECT_TRUE(fuses([](GraphBuilder&, Value y) { return MaxPool2D(Relu(y)); }));
  EXPECT_FALSE(fuses([](GraphBuilder&, Value y) { return MaxPool2D(Relu(y), {.window = {3, 3}}); }));
  EXPECT_FALSE(fuses([](GraphBuilder&, Value y) { return MaxPool2D(Relu(y), {.strides = {1, 2}}); }));
  EXPECT_FALSE(fuses([](GraphBuilder&, Value y) { return MaxPool2D(Relu(y), {.padding_high = {1, 0}}); }));
  EXPECT_FALSE(fuses([](GraphBuilder&, Value y) { return AveragePool2D(Relu(y)); }));
  EXPECT_FALSE(fuses([](GraphBuilder&, Value y) { return MaxPool2D(Relu(y)); }, /*groups=*/2));
  EXPECT_FALSE(fuses([](GraphBuilder& b, Value y) { return MaxPool2D(y + b.Input("r", y.type())); }));
}

TEST(ConvMaxPool, ErrorsSayWhatWasExpected) {
  const auto error = [](DType body_output, const Dims& extra, const Dims& x) {
    GraphBuilder body(AllOps());
    Value v = body.Input("x", {DType::kFloat32, {}}), e = body.Input("e", {DType::kFloat32, {}});
    Value y = v + e;
    body.Output("y", body_output == DType::kBool ? Greater(y, 0.0) : y);
    GraphBuilder b(AllOps());
    const std::vector<Value> in = {b.Input("x", F32(x)), b.Input("k", F32({3, 3, 1, 4})), b.Input("e", F32(extra))};
    b.Record(kConv2DMaxPoolOp, in, {{"body", *body.Build()}, {"keep", false}}, SourceLocation::current());
    return b.status();
  };
  WEFT_EXPECT_OK(error(DType::kFloat32, {4}, {1, 8, 8, 1}));
  EXPECT_THAT(error(DType::kBool, {4}, {1, 8, 8, 1}), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("f32")));
  EXPECT_THAT(error(DType::kFloat32, {6, 1, 1}, {1, 8, 8, 1}),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("one row of columns")));
  EXPECT_THAT(error(DType::kFloat32, {4}, {1, 3, 8, 1}),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("windows of 2 x 2")));
}

}  // namespace
}  // namespace weft
