// The poolings' epilogues: made by the fuse pass, with the bits of the separate ops, also in the place of an operand.
#include <cstring>

#include "core/testing/status_matchers.h"
#include "gmock/gmock.h"
#include "graph/autodiff/gradients.h"
#include "graph/exec/kernel.h"
#include "graph/exec/reference.h"
#include "graph/passes/passes.h"
#include "gtest/gtest.h"
#include "ops/all_ops.h"
#include "ops/elementwise/elementwise.h"
#include "ops/pool/pool.h"
#include "ops/testing/case_inputs.h"
#include "ops/testing/kernel_sweep.h"

namespace weft {
namespace {

using ::testing::HasSubstr;

struct EpilogueCase {
  const char* name;
  bool max;
  Dims x;
  Pool2DOptions options = {};
};

// What inputs are drawn from.
OpCase Drawn(const char* op, const char* name, std::vector<CaseInput> inputs) {
  OpCase c;
  c.op = op;
  c.name = name;
  c.inputs = std::move(inputs);
  return c;
}

GraphPtr Fused(const GraphPtr& graph) {
  auto module = std::make_shared<Module>(AllOps());
  WEFT_EXPECT_OK(module->AddFunction("f", graph));
  absl::StatusOr<PassResult> fused = FusePass().run(module, Target());
  WEFT_EXPECT_OK(fused.status());
  return fused.ok() ? fused->module->FindFunction("f") : graph;
}

int Nodes(const Graph& graph, absl::string_view op) {
  int n = 0;
  for (const Node& node : graph.nodes()) n += node.op->name == op;
  return n;
}

TEST(PoolEpilogue, HasTheBitsOfTheSeparateOps) {
  for (const EpilogueCase& c :
       {EpilogueCase{"max", true, {4, 6, 6, 32}}, EpilogueCase{"max_odd", true, {3, 7, 9, 13}},
        EpilogueCase{"max_overlapping", true, {2, 7, 9, 13}, {{3, 3}, {1, 2}, {1, 0}, {1, 0}}},
        EpilogueCase{"max_large", true, {2, 12, 40, 70}}, EpilogueCase{"max_nothing", true, {0, 4, 4, 3}},
        EpilogueCase{"average", false, {4, 6, 6, 32}}, EpilogueCase{"average_odd", false, {3, 7, 9, 13}},
        EpilogueCase{"average_overlapping", false, {2, 7, 9, 13}, {{3, 3}, {1, 2}, {1, 0}, {1, 0}}}}) {
    GraphBuilder b(AllOps());
    const Value x = b.Input("x", {DType::kFloat32, Shape::FromDims(c.x)});
    const Value scale = b.Input("scale", {DType::kFloat32, {c.x[3]}});
    const Value y = Relu(x), pooled = c.max ? MaxPool2D(y, c.options) : AveragePool2D(y, c.options);
    WEFT_ASSERT_OK_AND_ASSIGN(Dims pooled_dims, pooled.shape().Evaluate({}));
    const Value dy = b.Input("dy", pooled.type());
    b.Output("pooled", pooled);
    WEFT_ASSERT_OK_AND_ASSIGN(std::vector<Value> dx, Gradients({pooled}, {x}, {dy}));
    b.Output("dx", dx[0]);
    b.Output("scaled", dx[0] * scale + 1);
    b.Output("sign", Greater(dx[0], x));
    WEFT_ASSERT_OK_AND_ASSIGN(GraphPtr graph, b.Build());
    const GraphPtr fused = Fused(graph);
    EXPECT_EQ(Nodes(*fused, c.max ? "max_pool2d_gradient_epilogue" : "average_pool2d_gradient_epilogue"), 1) << c.name;
    EXPECT_EQ(Nodes(*fused, c.max ? "max_pool2d_gradient" : "average_pool2d_gradient"), 0) << c.name;

    const OpCase drawn = Drawn("pool_epilogue", c.name, {{.dims = c.x}, {.dims = {c.x[3]}}, {.dims = pooled_dims}});
    PhiloxStream random = StreamOf(drawn, 1);
    WEFT_ASSERT_OK_AND_ASSIGN(std::vector<Tensor> inputs, DrawInputs(drawn, random, false));
    WEFT_ASSERT_OK_AND_ASSIGN(std::vector<Tensor> want, RunGuarded(*graph, inputs, Target()));
    WEFT_ASSERT_OK_AND_ASSIGN(ReferenceResult separate, RunReference(*graph, inputs));
    WEFT_ASSERT_OK_AND_ASSIGN(ReferenceResult reference, RunReference(*fused, inputs));
    for (size_t i = 0; i < want.size(); ++i) EXPECT_TRUE(BitEqual(reference.outputs[i], separate.outputs[i])) << c.name;
    for (Isa isa : HostIsas()) {
      for (int shares : {1, 2, 3, 8}) {
        Target target;
        target.isa = isa;
        target.threads = shares;
        target.force_shares = true;
        WEFT_ASSERT_OK_AND_ASSIGN(std::vector<Tensor> got, RunGuarded(*fused, inputs, target));
        for (size_t i = 0; i < want.size(); ++i) {
          EXPECT_TRUE(BitEqual(got[i], want[i]))
              << c.name << " " << Name(isa) << ", " << shares << " shares: result " << i;
        }
      }
    }
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
  const OpCase drawn = Drawn("pool_epilogue", "in place", {{.dims = dims}, {.dims = pooled}});
  PhiloxStream random = StreamOf(drawn, 1);
  WEFT_ASSERT_OK_AND_ASSIGN(std::vector<Tensor> inputs, DrawInputs(drawn, random, false));
  WEFT_ASSERT_OK_AND_ASSIGN(std::vector<Tensor> want, RunGuarded(*graph, inputs, Target()));
  const Node* node = nullptr;
  for (const Node& n : graph->nodes()) {
    if (n.op->is_fused) node = &n;
  }
  ASSERT_NE(node, nullptr);
  ASSERT_EQ(node->inputs.size(), 3u);
  const std::vector<ConcreteType> in = {{DType::kFloat32, dims}, {DType::kFloat32, pooled}, {DType::kFloat32, dims}};
  for (Isa isa : HostIsas()) {
    Target target;
    target.isa = isa;
    target.threads = 2;
    target.force_shares = true;
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
    EXPECT_TRUE(BitEqual(x, want[0])) << Name(isa);
  }
}

TEST(PoolEpilogue, ChecksItsBody) {
  GraphBuilder inner(AllOps());
  inner.Output("y", Neg(inner.Input("dx", {DType::kFloat32, {}})));
  WEFT_ASSERT_OK_AND_ASSIGN(GraphPtr body, inner.Build());
  auto record = [&](DType dtype, absl::Span<const TensorType> extras, AttrValue function) {
    GraphBuilder b(AllOps());
    std::vector<Value> operands = {b.Input("dy", {dtype, {2, 2, 2, 3}})};
    for (const TensorType& extra : extras) operands.push_back(b.Input(absl::StrCat("e", operands.size()), extra));
    b.Record1("average_pool2d_gradient_epilogue", operands,
              {{"window", std::vector<int64_t>{2, 2}},
               {"strides", std::vector<int64_t>{2, 2}},
               {"shape", Shape{2, 4, 4, 3}},
               {"body", std::move(function)}},
              SourceLocation::current());
    return std::string(b.status().message());
  };
  EXPECT_EQ(record(DType::kFloat32, {}, body), "");
  EXPECT_THAT(record(DType::kFloat64, {}, body), HasSubstr("input 0 of the body: expected f32, got f64[2,4,4,3]"));
  EXPECT_THAT(record(DType::kFloat32, {{DType::kFloat32, {3}}}, body), HasSubstr("expected 2 inputs"));
  EXPECT_THAT(record(DType::kFloat32, {}, GraphPtr()), HasSubstr("body"));
  GraphBuilder two(AllOps());
  two.Output("y", two.Input("dx", {DType::kFloat32, {}}) + two.Input("e", {DType::kFloat32, {}}));
  WEFT_ASSERT_OK_AND_ASSIGN(GraphPtr both, two.Build());
  EXPECT_THAT(record(DType::kFloat32, {{DType::kFloat32, {2, 3}}}, both),
              HasSubstr("extra operand 1: expected a row-major tensor that broadcasts to [2,4,4,3], got f32[2,3]"));
}

}  // namespace
}  // namespace weft
