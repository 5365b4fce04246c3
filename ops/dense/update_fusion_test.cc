// The fusion that makes dense_update, alone and in the pipeline.
#include "ops/dense/update_fusion.h"

#include <map>
#include <string>
#include <vector>

#include "core/testing/status_matchers.h"
#include "graph/autodiff/gradients.h"
#include "graph/exec/reference.h"
#include "graph/ir/verifier.h"
#include "graph/passes/pipeline.h"
#include "gtest/gtest.h"
#include "ops/dense/dense.h"
#include "ops/dense/testing/kernel_run.h"
#include "ops/elementwise/elementwise.h"
#include "ops/reduce/reduce.h"
#include "ops/shape/shape.h"

namespace weft {
namespace {

using ::testing::HasSubstr;

TensorType F32(Shape shape) { return {DType::kFloat32, std::move(shape)}; }
const MatMulOptions kGradient{.transpose_a = true, .chunk = kRowChunk};

std::map<std::string, int> CountOps(const Graph& graph) {
  std::map<std::string, int> count;
  for (const Node& node : graph.nodes()) ++count[node.op->name];
  return count;
}

struct Fused {
  GraphPtr before, after;
  std::vector<Receipt> receipts;
};
Fused Fuse(GraphBuilder& builder) {
  Fused fused;
  absl::StatusOr<GraphPtr> graph = builder.Build();
  WEFT_EXPECT_OK(graph.status());
  fused.before = *graph;
  absl::StatusOr<GraphPtr> after = DenseUpdateFusion()->run(fused.before, DenseTestRegistry(), &fused.receipts);
  WEFT_EXPECT_OK(after.status());
  fused.after = *after;
  WEFT_EXPECT_OK(Verify(*fused.after));
  return fused;
}

void ExpectSameResults(const Fused& fused, const std::vector<Tensor>& inputs,
                       const absl::flat_hash_map<std::string, Tensor>& variables = {}) {
  WEFT_ASSERT_OK_AND_ASSIGN(const ReferenceResult before, RunReference(*fused.before, inputs, variables));
  WEFT_ASSERT_OK_AND_ASSIGN(const ReferenceResult after, RunReference(*fused.after, inputs, variables));
  ASSERT_EQ(before.outputs.size(), after.outputs.size());
  for (size_t i = 0; i < before.outputs.size(); ++i) EXPECT_TRUE(BitEqual(before.outputs[i], after.outputs[i])) << i;
  ASSERT_EQ(before.updates.size(), after.updates.size());
  for (size_t i = 0; i < before.updates.size(); ++i) {
    EXPECT_EQ(before.updates[i].first, after.updates[i].first);
    EXPECT_TRUE(BitEqual(before.updates[i].second, after.updates[i].second)) << before.updates[i].first;
  }
}

TEST(DenseUpdateFusion, MergesPlainOpsInEitherOrder) {
  for (bool sum_first : {false, true}) {
    GraphBuilder builder(DenseTestRegistry());
    Value x = builder.Input("x", F32({Dim::Symbol("n"), 7})), dy = builder.Input("dy", F32({Dim::Symbol("n"), 5}));
    Value sum = sum_first ? ReduceSum(dy, {.axes = {0}}) : Value();
    Value dw = MatMul(x, dy, kGradient);
    if (!sum_first) sum = ReduceSum(dy, {.axes = {0}});
    builder.Output("dw", dw);
    builder.Output("db", sum);
    const Fused fused = Fuse(builder);
    EXPECT_EQ(CountOps(*fused.after), (std::map<std::string, int>{{"input", 2}, {kDenseUpdateOp, 1}}));
    ASSERT_EQ(fused.receipts.size(), 1);
    EXPECT_TRUE(fused.receipts[0].applied);
    EXPECT_TRUE(fused.receipts[0].exact);
    ExpectSameResults(fused, {RandomTensor({300, 7}, 1), RandomTensor({300, 5}, 2)});
  }
}

TEST(DenseUpdateFusion, MergesAcrossNodesThatNeedOneAndFeedTheOther) {
  // The sum's extra is computed behind the product, and something between the two reads the product.
  GraphBuilder builder(DenseTestRegistry());
  Value x = builder.Input("x", F32({9, 7})), dy = builder.Input("dy", F32({9, 5})), b = builder.Input("b", F32({5}));
  Value dw = MatMul(x, dy, kGradient);
  Value doubled = dw + dw;
  Value scaled = b * 3.0;
  GraphBuilder body(DenseTestRegistry());
  body.Output("y", body.Input("s", F32({})) + body.Input("b", F32({})));
  builder.Output("doubled", doubled);
  builder.Output("db",
                 builder.Record1("reduce_epilogue", {dy, scaled},
                                 {{"axes", std::vector<int64_t>{0}}, {"keepdims", false}, {"body", *body.Build()}},
                                 SourceLocation::current()));
  const Fused fused = Fuse(builder);
  EXPECT_EQ(CountOps(*fused.after)[kDenseUpdateOp], 1);
  EXPECT_EQ(CountOps(*fused.after)["reduce_epilogue"], 0);
  ExpectSameResults(fused, {RandomTensor({9, 7}, 1), RandomTensor({9, 5}, 2), RandomTensor({5}, 3)});
}

TEST(DenseUpdateFusion, RefusesWhatDependsOnEachOther) {
  GraphBuilder builder(DenseTestRegistry());
  Value x = builder.Input("x", F32({9, 5})), dy = builder.Input("dy", F32({9, 5}));
  Value sum = ReduceSum(dy, {.axes = {0}});
  builder.Output("dw", MatMul(x + sum, dy, kGradient));
  const Fused fused = Fuse(builder);
  EXPECT_EQ(fused.before, fused.after);
  ASSERT_EQ(fused.receipts.size(), 1);
  EXPECT_FALSE(fused.receipts[0].applied);
  EXPECT_THAT(fused.receipts[0].why, HasSubstr("needs a result of the other"));
}

TEST(DenseUpdateFusion, LeavesOtherSumsAlone) {
  GraphBuilder builder(DenseTestRegistry());
  Value x = builder.Input("x", F32({9, 7})), dy = builder.Input("dy", F32({9, 5}));
  builder.Output("dw", MatMul(x, dy, kGradient));
  builder.Output("other_axis", ReduceSum(dy, {.axes = {1}}));
  builder.Output("keepdims", ReduceSum(dy, {.axes = {0}, .keepdims = true}));
  builder.Output("other_operand", ReduceSum(x, {.axes = {0}}));
  builder.Output("one_chain", MatMul(x, dy, {.transpose_a = true}));
  const Fused fused = Fuse(builder);
  EXPECT_EQ(fused.before, fused.after);
  EXPECT_TRUE(fused.receipts.empty());
}

TEST(DenseUpdateFusion, TwoLayersInTraining) {
  const OpRegistry& registry = DenseTestRegistry();
  auto module = std::make_shared<Module>(registry);
  const std::pair<const char*, TensorType> variables[] = {
      {"w1", F32({7, 70})}, {"b1", F32({70})}, {"w2", F32({70, 3})}, {"b2", F32({3})}};
  for (const auto& [name, type] : variables) WEFT_ASSERT_OK(module->AddVariable({name, type, true, "weight"}));
  GraphBuilder builder(registry, module.get());
  Value x = builder.Input("x", F32({Dim::Symbol("n"), 7}));
  Value w1 = builder.Variable("w1"), b1 = builder.Variable("b1"), w2 = builder.Variable("w2"),
        b2 = builder.Variable("b2");
  Value h = Relu(MatMul(x, w1) + b1);
  Value y = Tanh(MatMul(h, w2) + b2);
  Value loss = ReduceSum(Square(y));
  WEFT_ASSERT_OK_AND_ASSIGN(const std::vector<Value> g, Gradients({loss}, {w1, b1, w2, b2}));
  const Value weights[] = {w1, b1, w2, b2};
  for (int i = 0; i < 4; ++i) builder.Update(variables[i].first, weights[i] - g[i] * 0.1);
  builder.Output("loss", loss);
  WEFT_ASSERT_OK_AND_ASSIGN(GraphPtr graph, builder.Build());
  WEFT_ASSERT_OK(module->AddFunction("train_step", graph));
  WEFT_ASSERT_OK_AND_ASSIGN(const PassResult optimized, Optimize(module, Target::Host(2)));
  Fused fused;
  fused.before = graph;
  fused.after = optimized.module->FindFunction("train_step");
  std::map<std::string, int> count = CountOps(*fused.after);
  EXPECT_EQ(count[kMatMulEpilogueOp], 3);  // two forward, one by the input
  EXPECT_EQ(count[kDenseUpdateOp], 2);
  EXPECT_EQ(count[kMatMulOp], 0);
  ExpectSameResults(fused, {RandomTensor({64, 7}, 1)},
                    {{"w1", RandomTensor({7, 70}, 2)},
                     {"b1", RandomTensor({70}, 3)},
                     {"w2", RandomTensor({70, 3}, 4)},
                     {"b2", RandomTensor({3}, 5)}});
}

}  // namespace
}  // namespace weft
