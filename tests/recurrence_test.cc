// Recurrent networks as loops: the gradients are those of the unrolled network, and the compiled loops do per step what
// must be done per step, and no more.
#include <cmath>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/status.h"
#include "core/testing/status_matchers.h"
#include "graph/autodiff/gradients.h"
#include "graph/exec/reference.h"
#include "graph/ir/scan.h"
#include "graph/passes/pipeline.h"
#include "gtest/gtest.h"
#include "ops/all_ops.h"
#include "ops/dense/dense.h"
#include "ops/elementwise/elementwise.h"
#include "ops/reduce/reduce.h"
#include "ops/shape/shape.h"

namespace weft {
namespace {

constexpr int64_t kSteps = 5, kBatch = 3, kUnits = 4;

// A cell with a product and a bias inside: operands h0 [batch, units], xs [steps, batch, units], u [units, units],
// b [units].
Value Cell(Value h, Value x, Value u, Value b) { return Tanh(MatMul(h, u) + b + x) * 0.5 + h * Sigmoid(x); }

Value LoopNetwork(GraphBuilder& builder, absl::Span<const Value> in) {
  ScanResult result =
      Scan(builder, {in[0]}, {in[1]}, [&](GraphBuilder&, absl::Span<const Value> c, absl::Span<const Value> x) {
        const Value h = Cell(c[0], x[0], in[2], in[3]);
        return ScanStep{{h}, {h}};
      });
  return ReduceSum(Square(result.outputs[0])) + ReduceSum(result.carries[0]);
}

Value UnrolledNetwork(GraphBuilder&, absl::Span<const Value> in) {
  Value h = in[0], sum;
  for (int64_t t = 0; t < kSteps; ++t) {
    h = Cell(h, Reshape(SliceAxis(in[1], 0, t, t + 1), {kBatch, kUnits}), in[2], in[3]);
    const Value square = ReduceSum(Square(h));
    sum = sum.absent() ? square : sum + square;
  }
  return sum + ReduceSum(h);
}

using Network = Value (*)(GraphBuilder&, absl::Span<const Value>);

std::vector<Value> Inputs(GraphBuilder& builder, DType dtype, int64_t units = kUnits, Dim batch = kBatch) {
  return {builder.Input("h0", {dtype, {batch, units}}), builder.Input("xs", {dtype, {kSteps, batch, units}}),
          builder.Input("u", {dtype, {units, units}}), builder.Input("b", {dtype, {units}})};
}

// Loss, its gradients, and the gradients of the sum of their squares.
absl::StatusOr<std::vector<Tensor>> AllGradients(Network network) {
  GraphBuilder builder(AllOps());
  const std::vector<Value> in = Inputs(builder, DType::kFloat64);
  const Value loss = network(builder, in);
  WEFT_ASSIGN_OR_RETURN(std::vector<Value> first, Gradients({loss}, in));
  Value squares;
  for (const Value& gradient : first) {
    const Value square = ReduceSum(Square(gradient));
    squares = squares.absent() ? square : squares + square;
  }
  WEFT_ASSIGN_OR_RETURN(std::vector<Value> second, Gradients({squares}, in));
  builder.Output("loss", loss);
  for (size_t i = 0; i < in.size(); ++i) builder.Output(absl::StrCat("first_", i), first[i]);
  for (size_t i = 0; i < in.size(); ++i) builder.Output(absl::StrCat("second_", i), second[i]);
  WEFT_ASSIGN_OR_RETURN(GraphPtr graph, builder.Build());
  std::vector<Tensor> arguments;
  for (ValueId id : graph->inputs()) {
    WEFT_ASSIGN_OR_RETURN(Dims dims, graph->type(id).shape.Evaluate({}));
    WEFT_ASSIGN_OR_RETURN(Tensor tensor, Tensor::Create(DType::kFloat64, dims));
    double value = 0.3 * static_cast<double>(arguments.size() + 1);
    for (double& element : tensor.mutable_data<double>()) element = std::sin(value += 1.7);
    arguments.push_back(std::move(tensor));
  }
  WEFT_ASSIGN_OR_RETURN(ReferenceResult result, RunReference(*graph, arguments));
  return std::move(result.outputs);
}

TEST(Recurrence, GradientsAreThoseOfTheUnrolledNetwork) {
  WEFT_ASSERT_OK_AND_ASSIGN(std::vector<Tensor> loop, AllGradients(LoopNetwork));
  WEFT_ASSERT_OK_AND_ASSIGN(std::vector<Tensor> unrolled, AllGradients(UnrolledNetwork));
  ASSERT_EQ(loop.size(), unrolled.size());
  for (size_t i = 0; i < loop.size(); ++i) {
    ASSERT_EQ(loop[i].dims(), unrolled[i].dims());
    for (int64_t k = 0; k < loop[i].num_elements(); ++k) {
      const double want = unrolled[i].AtDouble(k);
      EXPECT_NEAR(loop[i].AtDouble(k), want, 1e-9 * (1 + std::abs(want))) << "output " << i << ", element " << k;
    }
  }
}

int Count(const Graph& graph, const std::string& op) {
  int count = 0;
  for (const Node& node : graph.nodes()) count += node.op->name.rfind(op, 0) == 0;
  return count;
}

// Optimized for training: the loop forward has the cell's product, the loop backwards that of its gradient, and the
// weight's gradient is one product behind it.
TEST(Recurrence, WhatIsLeftInTheLoops) {
  GraphBuilder builder(AllOps());
  const Dim batch = Dim::Symbol("batch");
  const std::vector<Value> in = Inputs(builder, DType::kFloat32, 64, batch);
  const Value loss = LoopNetwork(builder, in);
  WEFT_ASSERT_OK_AND_ASSIGN(std::vector<Value> gradients, Gradients({loss}, in));
  builder.Output("loss", loss);
  for (size_t i = 0; i < gradients.size(); ++i) builder.Output(absl::StrCat("g", i), gradients[i]);
  WEFT_ASSERT_OK_AND_ASSIGN(GraphPtr graph, builder.Build());
  auto module = std::make_shared<Module>(AllOps());
  WEFT_ASSERT_OK(module->AddFunction("f", graph));
  WEFT_ASSERT_OK_AND_ASSIGN(PassResult optimized, Optimize(module, Target()));
  const Graph& f = *optimized.module->FindFunction("f");
  EXPECT_EQ(Count(f, "matmul"), 1);
  std::vector<const Node*> loops;
  for (const Node& node : f.nodes()) {
    if (IsScan(node)) loops.push_back(&node);
  }
  ASSERT_EQ(loops.size(), 2u);
  for (const Node* loop : loops) {
    const ScanView view(*loop);
    EXPECT_EQ(Count(*view.body, "matmul"), 1);
    EXPECT_EQ(Count(*view.body, "transpose"), 0);
    EXPECT_EQ(Count(*view.body, "relayout"), 0);
    EXPECT_EQ(view.num_carries, 1) << "a weight's gradient is not carried";
    for (const Node& node : view.body->nodes()) {
      if (node.op->name.rfind("matmul", 0) == 0) {
        EXPECT_EQ(view.body->type(node.inputs[1]).layout, Layout::kPanels64);
      }
    }
  }
}

}  // namespace
}  // namespace weft
