// The poolings' epilogues: made by the fuse pass, with the bits of the separate ops, also in the place of an operand.
#include <cstring>

#include "core/testing/status_matchers.h"
#include "gmock/gmock.h"
#include "graph/autodiff/gradients.h"
#include "graph/exec/kernel.h"
#include "gtest/gtest.h"
#include "ops/all_ops.h"
#include "ops/elementwise/elementwise.h"
#include "ops/pool/pool.h"
#include "ops/testing/fusion.h"
#include "ops/testing/kernel_sweep.h"
#include "ops/testing/targets.h"

namespace weft {
namespace {

using ::testing::HasSubstr;

struct EpilogueCase {
  const char* name;
  bool max;
  Dims x;
  Pool2DOptions options = {};
};

TEST(PoolEpilogue, HasTheBitsOfTheSeparateOps) {
  for (const EpilogueCase& c :
       {EpilogueCase{"max", true, {4, 6, 6, 32}}, EpilogueCase{"max_odd", true, {3, 7, 9, 13}},
        EpilogueCase{"max_overlapping", true, {2, 7, 9, 13}, {{3, 3}, {1, 2}, {1, 0}, {1, 0}}},
        EpilogueCase{"max_large", true, {2, 12, 40, 70}}, EpilogueCase{"max_nothing", true, {0, 4, 4, 3}},
        EpilogueCase{"average", false, {4, 6, 6, 32}}, EpilogueCase{"average_odd", false, {3, 7, 9, 13}},
        EpilogueCase{"average_overlapping", false, {2, 7, 9, 13}, {{3, 3}, {1, 2}, {1, 0}, {1, 0}}}}) {
    SCOPED_TRACE(c.name);
    GraphBuilder b(AllOps());
    const Value x = b.Input("x", {DType::kFloat32, Shape::FromDims(c.x)});
    const Value scale = b.Input("scale", {DType::kFloat32, {c.x[3]}});
    const Value y = Relu(x), pooled = c.max ? MaxPool2D(y, c.options) : AveragePool2D(y, c.options);
    const Value dy = b.Input("dy", pooled.type());
    b.Output("pooled", pooled);
    WEFT_ASSERT_OK_AND_ASSIGN(std::vector<Value> dx, Gradients({pooled}, {x}, {dy}));
    b.Output("dx", dx[0]);
    b.Output("scaled", dx[0] * scale + 1);
    b.Output("sign", Greater(dx[0], x));
    WEFT_ASSERT_OK_AND_ASSIGN(GraphPtr graph, b.Build());
    const GraphPtr fused = Fused(graph);
    EXPECT_EQ(CountNodes(*fused, c.max ? "max_pool2d_gradient_epilogue" : "average_pool2d_gradient_epilogue"), 1);
    EXPECT_EQ(CountNodes(*fused, c.max ? "max_pool2d_gradient" : "average_pool2d_gradient"), 0);
    ExpectSameResults(*graph, *fused, InputsFor(*graph, c.name));
  }
}

// relu's mask behind the gradient: the image is read as operand and as extra, and may be written over.
TEST(PoolEpilogue, MayTakeThePlaceOfTheImage) {
  const Dims dims = {3, 7, 10, 21}, pooled = {3, 3, 5, 21};
  GraphBuilder b(AllOps());
  const Value y = b.Input("y", {DType::kFloat32, Shape::FromDims(dims)});
  const Value dy = b.Input("dy", {DType::kFloat32, Shape::FromDims(pooled)});
  b.Output("dx", Select(Greater(y, 0.0), MaxPool2DGradient(y, dy), 0.0));
  WEFT_ASSERT_OK_AND_ASSIGN(GraphPtr graph, b.Build());
  graph = Fused(graph);
  const std::vector<Tensor> inputs = InputsFor(*graph, "in place");
  WEFT_ASSERT_OK_AND_ASSIGN(std::vector<Tensor> want, RunGuarded(*graph, inputs, Target()));
  const Node* node = FindNode(*graph, "max_pool2d_gradient_epilogue");
  ASSERT_NE(node, nullptr);
  ASSERT_EQ(node->inputs.size(), 3u);
  const std::vector<ConcreteType> in = {{DType::kFloat32, dims}, {DType::kFloat32, pooled}, {DType::kFloat32, dims}};
  for (const Target& target : TargetsToTest()) {
    WEFT_ASSERT_OK_AND_ASSIGN(
        auto kernel, node->op->kernel({*node->op, *node->attrs, in, absl::MakeSpan(in).subspan(0, 1), {}, target}));
    ASSERT_TRUE(kernel->MayAlias(0, 0) && kernel->MayAlias(0, 2));
    EXPECT_FALSE(kernel->MayAlias(0, 1));
    Tensor x = inputs[0].Clone();
    WEFT_ASSERT_OK_AND_ASSIGN(Tensor scratch, Tensor::Create(DType::kUInt8, {kernel->scratch_bytes()}));
    const void* operands[] = {x.raw(), inputs[1].raw(), x.raw()};
    void* results[] = {x.mutable_raw()};
    for (int share = 0; share < kernel->shares(); ++share) {
      kernel->Run({operands, results, static_cast<std::byte*>(scratch.mutable_raw())}, share);
    }
    EXPECT_TRUE(BitEqual(x, want[0])) << Describe(target);
  }
}

TEST(PoolEpilogue, ChecksItsBody) {
  const GraphPtr body = ScalarBody(1, [](absl::Span<const Value> x) { return Neg(x[0]); });
  const GraphPtr both = ScalarBody(2, [](absl::Span<const Value> x) { return x[0] + x[1]; });
  const auto record = [](DType dtype, std::vector<TensorType> extras, const GraphPtr& function) {
    extras.insert(extras.begin(), {dtype, {2, 2, 2, 3}});
    return RecordingError("average_pool2d_gradient_epilogue", extras,
                          {{"window", std::vector<int64_t>{2, 2}},
                           {"strides", std::vector<int64_t>{2, 2}},
                           {"shape", Shape{2, 4, 4, 3}},
                           {"body", function}});
  };
  EXPECT_EQ(record(DType::kFloat32, {}, body), "");
  EXPECT_THAT(record(DType::kFloat64, {}, body), HasSubstr("input 0 of the body: expected f32, got f64[2,4,4,3]"));
  EXPECT_THAT(record(DType::kFloat32, {{DType::kFloat32, {3}}}, body), HasSubstr("expected 2 inputs"));
  EXPECT_THAT(record(DType::kFloat32, {}, nullptr), HasSubstr("body"));
  EXPECT_THAT(record(DType::kFloat32, {{DType::kFloat32, {2, 3}}}, both),
              HasSubstr("extra operand 1: expected a row-major tensor that broadcasts to [2,4,4,3], got f32[2,3]"));
}

}  // namespace
}  // namespace weft
