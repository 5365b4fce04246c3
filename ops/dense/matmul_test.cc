// matmul as an op: types, errors, gradients, rewrites.
#include <string>
#include <vector>

#include "core/testing/status_matchers.h"
#include "graph/autodiff/gradients.h"
#include "graph/exec/reference.h"
#include "graph/passes/rewrite.h"
#include "gtest/gtest.h"
#include "ops/dense/dense.h"
#include "ops/dense/testing/kernel_run.h"
#include "ops/reduce/reduce.h"
#include "ops/shape/shape.h"

namespace weft {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

TensorType F32(Shape shape) { return {DType::kFloat32, std::move(shape)}; }

// The type of the product, or the builder's error.
absl::StatusOr<TensorType> Product(TensorType a, TensorType b, MatMulOptions options = {}) {
  GraphBuilder builder(DenseTestRegistry());
  Value y = MatMul(builder.Input("a", std::move(a)), builder.Input("b", std::move(b)), options);
  if (!y.ok()) return builder.status();
  return y.type();
}

TEST(MatMul, Types) {
  const Dim n = Dim::Symbol("n"), t = Dim::Symbol("t");
  EXPECT_EQ(*Product(F32({n, 784}), F32({784, 512})), F32({n, 512}));
  EXPECT_EQ(*Product(F32({784, n}), F32({512, 784}), {.transpose_a = true, .transpose_b = true}), F32({n, 512}));
  EXPECT_EQ(*Product(F32({n, t, 8}), F32({8, 3})), F32({n, t, 3}));
  EXPECT_EQ(*Product(F32({n, 4, t, 8}), F32({n, 4, t, 8}), {.transpose_b = true}), F32({n, 4, t, t}));
  EXPECT_EQ(*Product(F32({5, 1, 2, 8}), F32({4, 8, 3})), F32({5, 4, 2, 3}));
  EXPECT_EQ(*Product({DType::kInt64, {2, 3}}, {DType::kInt64, {3, 4}}), (TensorType{DType::kInt64, {2, 4}}));
}

TEST(MatMul, ErrorsSayWhatWasExpectedAndWhatCame) {
  EXPECT_THAT(Product(F32({64, 784}), F32({512, 256})).status(),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       AllOf(HasSubstr("inner dimensions differ"), HasSubstr("f32[64,784]"), HasSubstr("k is 784"),
                             HasSubstr("f32[512,256]"), HasSubstr("k is 512"), HasSubstr("matmul_test.cc"))));
  EXPECT_THAT(Product(F32({64, 784}), F32({784, 256}), {.transpose_b = true}).status(),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("f32[784,256] (transposed), so k is 256")));
  EXPECT_THAT(
      Product(F32({784}), F32({784, 256})).status(),
      StatusIs(absl::StatusCode::kInvalidArgument, AllOf(HasSubstr("a is f32[784]"), HasSubstr("[1,n] or [n,1]"))));
  EXPECT_THAT(Product(F32({1, 784}), F32({784})).status(),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("b is f32[784]")));
  EXPECT_THAT(Product(F32({3, 2, 4}), F32({2, 4, 5})).status(),
              StatusIs(absl::StatusCode::kInvalidArgument, AllOf(HasSubstr("f32[3,2,4]"), HasSubstr("f32[2,4,5]"))));
  EXPECT_THAT(Product(F32({3, 2}), {DType::kFloat64, {2, 4}}).status(),
              StatusIs(absl::StatusCode::kInvalidArgument, AllOf(HasSubstr("one dtype"), HasSubstr("f64[2,4]"))));
  EXPECT_THAT(Product({DType::kBool, {3, 2}}, {DType::kBool, {2, 4}}).status(),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("expected numbers")));
  EXPECT_THAT(Product(F32({3, 2}), F32({2, 4}), {.chunk = -1}).status(),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("chunk is -1")));
  EXPECT_THAT(Product(F32({3, 2}), {DType::kFloat32, {2, 4}, Layout::kPanels64}), IsOk());
  EXPECT_THAT(Product({DType::kFloat32, {3, 2}, Layout::kPanels64}, F32({2, 4})).status(),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("row-major")));
}

TEST(MatMul, AnOperandThatWasNeverSetIsAnError) {
  GraphBuilder builder(DenseTestRegistry());
  Value x = builder.Input("x", F32({3, 2}));
  EXPECT_FALSE(MatMul(Value(), x).ok());
  EXPECT_THAT(builder.status(), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("matmul")));
  EXPECT_TRUE(MatMul(Value(), Value()).absent());
}

// The node that computes v.
const Node& Producer(Value v) { return v.builder()->producer(v); }

TEST(MatMulGradient, OfALayerIsOneProductForEachOperand) {
  GraphBuilder builder(DenseTestRegistry());
  const Dim n = Dim::Symbol("n");
  Value x = builder.Input("x", F32({n, 784})), w = builder.Input("w", F32({784, 512}));
  Value y = MatMul(x, w), dy = builder.Input("dy", F32({n, 512}));
  WEFT_ASSERT_OK_AND_ASSIGN(const std::vector<Value> d, Gradients({y}, {x, w}, {dy}));
  EXPECT_EQ(d[0].type(), x.type());
  EXPECT_EQ(d[1].type(), w.type());
  EXPECT_EQ(Producer(d[0]).op->name, kMatMulOp);
  EXPECT_TRUE(Producer(d[0]).attrs->Bool("transpose_b"));
  EXPECT_EQ(Producer(d[0]).attrs->Int("chunk"), 0);
  // Over the batch: in chunks, and of x as it is stored.
  EXPECT_EQ(Producer(d[1]).op->name, kMatMulOp);
  EXPECT_TRUE(Producer(d[1]).attrs->Bool("transpose_a"));
  EXPECT_EQ(Producer(d[1]).attrs->Int("chunk"), kRowChunk);
  EXPECT_EQ(Producer(d[1]).inputs[0], x.id());
  EXPECT_EQ(Producer(d[1]).inputs[1], dy.id());
  // Of the weight's gradient, over features: one chain each.
  Value g = builder.Input("g", F32({784, 512}));
  WEFT_ASSERT_OK_AND_ASSIGN(const std::vector<Value> dd, Gradients({d[1]}, {x, dy}, {g}));
  EXPECT_EQ(Producer(dd[0]).attrs->Int("chunk"), 0);
  EXPECT_EQ(Producer(dd[1]).attrs->Int("chunk"), 0);
}

TEST(MatMulGradient, ContractsOverAllLeadingDimsAtOnce) {
  for (bool tb : {false, true}) {
    GraphBuilder builder(DenseTestRegistry());
    const Dim n = Dim::Symbol("n"), t = Dim::Symbol("t");
    Value x = builder.Input("x", F32({n, t, 8})), w = builder.Input("w", tb ? F32({5, 8}) : F32({8, 5}));
    Value y = MatMul(x, w, {.transpose_b = tb}), dy = builder.Input("dy", F32({n, t, 5}));
    WEFT_ASSERT_OK_AND_ASSIGN(const std::vector<Value> d, Gradients({y}, {w}, {dy}));
    EXPECT_EQ(d[0].type(), w.type());
    const Node& node = Producer(d[0]);
    EXPECT_EQ(node.op->name, kMatMulOp);
    EXPECT_EQ(node.attrs->Int("chunk"), kRowChunk);
    for (ValueId operand : node.inputs) {
      EXPECT_EQ(builder.graph().type(operand).rank(), 2);
      EXPECT_TRUE(builder.graph().producer(operand).op->is_view);
    }
  }
}

// Micro-batches of a multiple of 256 rows accumulate to the bits of the whole batch.
TEST(MatMulGradient, MicroBatchesAccumulateToTheWhole) {
  const AttrMap attrs = {{"transpose_a", true}, {"transpose_b", false}, {"chunk", kRowChunk}};
  const Tensor x = RandomTensor({768, 5}, 1), dy = RandomTensor({768, 9}, 2);
  const Target target = TargetsToTest().back();
  WEFT_ASSERT_OK_AND_ASSIGN(const std::vector<Tensor> whole, RunKernel({kMatMulOp, attrs, {x, dy}}, target));
  std::vector<float> sum(5 * 9);
  for (int part = 0; part < 3; ++part) {
    WEFT_ASSERT_OK_AND_ASSIGN(
        const std::vector<Tensor> g,
        RunKernel({kMatMulOp, attrs, {*x.Rows(part * 256, part * 256 + 256), *dy.Rows(part * 256, part * 256 + 256)}},
                  target));
    for (int i = 0; i < 5 * 9; ++i) sum[i] += g[0].data<float>()[i];
  }
  for (int i = 0; i < 5 * 9; ++i) EXPECT_EQ(sum[i], whole[0].data<float>()[i]);
}

Value ApplyRule(GraphBuilder& builder, Value y) {
  if (!y.ok()) {
    ADD_FAILURE() << builder.status();
    return y;
  }
  const Node& node = builder.producer(y);
  std::vector<Value> inputs;
  for (ValueId v : node.inputs) inputs.push_back(builder.value(v));
  const TensorType type = y.type();
  RewriteContext context(builder, *node.op, node.attrs, inputs, type);
  return node.op->simplify[0].apply(context);
}

TEST(MatMulRewrite, TakesTransposedOperandsAsTheyAreStored) {
  GraphBuilder builder(DenseTestRegistry());
  Value a = builder.Input("a", F32({3, 4, 2})), b = builder.Input("b", F32({3, 4, 5}));
  Value y = MatMul(Transpose(a, {0, 2, 1}), b);
  Value simpler = ApplyRule(builder, y);
  ASSERT_TRUE(simpler.ok());
  EXPECT_EQ(simpler.type(), y.type());
  EXPECT_EQ(Producer(simpler).inputs[0], a.id());
  EXPECT_TRUE(Producer(simpler).attrs->Bool("transpose_a"));
  EXPECT_FALSE(Producer(simpler).attrs->Bool("transpose_b"));

  Value e = builder.Input("e", F32({3, 5, 4}));
  Value both = ApplyRule(builder, MatMul(Transpose(e, {0, 2, 1}), Transpose(a, {0, 2, 1}),
                                         {.transpose_a = true, .transpose_b = true, .chunk = 7}));
  ASSERT_TRUE(both.ok());
  EXPECT_EQ(Producer(both).inputs[0], e.id());
  EXPECT_EQ(Producer(both).inputs[1], a.id());
  EXPECT_FALSE(Producer(both).attrs->Bool("transpose_a"));
  EXPECT_FALSE(Producer(both).attrs->Bool("transpose_b"));
  EXPECT_EQ(Producer(both).attrs->Int("chunk"), 7);

  // Not the transpose of matrices.
  Value c = builder.Input("c", F32({4, 3, 2})), d = builder.Input("d", F32({3, 2, 5}));
  EXPECT_TRUE(ApplyRule(builder, MatMul(Transpose(c, {1, 0, 2}), d)).absent());
  EXPECT_TRUE(ApplyRule(builder, MatMul(a, MatMul(a, b, {.transpose_a = true}))).absent());
}

}  // namespace
}  // namespace weft
