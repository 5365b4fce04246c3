// reduce_epilogue: made by the fuse pass, with the bits of the separate ops.
#include "core/testing/status_matchers.h"
#include "gmock/gmock.h"
#include "graph/exec/reference.h"
#include "graph/passes/passes.h"
#include "gtest/gtest.h"
#include "ops/all_ops.h"
#include "ops/elementwise/elementwise.h"
#include "ops/reduce/reduce.h"
#include "ops/testing/case_inputs.h"
#include "ops/testing/kernel_sweep.h"

namespace weft {
namespace {

using ::testing::HasSubstr;

struct EpilogueCase {
  const char* name;
  Dims x;
  std::vector<int> axes;
  bool keepdims;
  Dims extra;
};

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

TEST(ReduceEpilogue, HasTheBitsOfTheSeparateOps) {
  for (const EpilogueCase& c :
       {EpilogueCase{"bias", {64, 512}, {0}, false, {512}}, EpilogueCase{"odd", {300, 77}, {0}, false, {77}},
        EpilogueCase{"mean", {1000}, {0}, false, {}}, EpilogueCase{"rows", {130, 33}, {1}, true, {130, 1}},
        EpilogueCase{"periodic", {5, 7, 67}, {1}, false, {67}}, EpilogueCase{"column", {5, 7, 67}, {1}, false, {5, 1}},
        EpilogueCase{"many", {3, 5000}, {0}, false, {5000}}, EpilogueCase{"nothing", {3, 0}, {0}, false, {0}}}) {
    GraphBuilder b(AllOps());
    Value x = b.Input("x", {DType::kFloat32, Shape::FromDims(c.x)});
    Value extra = b.Input("extra", {DType::kFloat32, Shape::FromDims(c.extra)});
    ReduceOptions options;
    options.axes = c.axes;
    options.keepdims = c.keepdims;
    const Value sum = ReduceSum(x, options);
    const Value m = extra * 0.9 + sum * 0.1;
    b.Output("m", m);
    b.Output("step", Tanh(m) / (Abs(sum) + 1));
    b.Output("sign", Greater(sum, extra));
    WEFT_ASSERT_OK_AND_ASSIGN(GraphPtr graph, b.Build());
    const GraphPtr fused = Fused(graph);
    EXPECT_EQ(Nodes(*fused, "reduce_epilogue"), 1) << c.name;
    EXPECT_EQ(Nodes(*fused, "reduce_sum"), 0) << c.name;

    OpCase drawn;
    drawn.op = "reduce_epilogue";
    drawn.name = c.name;
    drawn.inputs = {{.dims = c.x}, {.dims = c.extra}};
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

TEST(ReduceEpilogue, ChecksItsBody) {
  GraphBuilder inner(AllOps());
  inner.Output("y", Neg(inner.Input("sum", {DType::kFloat32, {}})));
  WEFT_ASSERT_OK_AND_ASSIGN(GraphPtr body, inner.Build());
  auto record = [&](const TensorType& x, absl::Span<const TensorType> extras, AttrValue function) {
    GraphBuilder b(AllOps());
    std::vector<Value> operands = {b.Input("x", x)};
    for (const TensorType& extra : extras) operands.push_back(b.Input(absl::StrCat("e", operands.size()), extra));
    b.Record1("reduce_epilogue", operands,
              {{"axes", std::vector<int64_t>{0}}, {"keepdims", false}, {"body", std::move(function)}},
              SourceLocation::current());
    return std::string(b.status().message());
  };
  EXPECT_EQ(record({DType::kFloat32, {4, 3}}, {}, body), "");
  EXPECT_THAT(record({DType::kFloat64, {4, 3}}, {}, body), HasSubstr("input 0 of the body: expected f32, got f64[3]"));
  EXPECT_THAT(record({DType::kFloat32, {4, 3}}, {{DType::kFloat32, {3}}}, body),
              HasSubstr("expected 2 inputs (the sum, and one per extra operand), got 1"));
  EXPECT_THAT(record({DType::kFloat32, {4, 3}}, {}, GraphPtr()), HasSubstr("body"));

  GraphBuilder two(AllOps());
  Value sum = two.Input("sum", {DType::kFloat32, {}}), e = two.Input("e", {DType::kFloat32, {}});
  two.Output("y", sum + e);
  WEFT_ASSERT_OK_AND_ASSIGN(GraphPtr both, two.Build());
  EXPECT_THAT(record({DType::kFloat32, {4, 3}}, {{DType::kFloat32, {2, 3}}}, both),
              HasSubstr("operand 1: expected a row-major tensor that broadcasts to the sum's [3], got f32[2,3]"));
}

}  // namespace
}  // namespace weft
