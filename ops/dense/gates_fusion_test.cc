// The fusion that makes matmul_gates, and its kernel on every instruction set.
#include "ops/dense/gates_fusion.h"

#include <functional>
#include <memory>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/status.h"
#include "core/testing/status_matchers.h"
#include "graph/exec/reference.h"
#include "graph/ir/verifier.h"
#include "graph/passes/pipeline.h"
#include "gtest/gtest.h"
#include "ops/dense/dense.h"
#include "ops/dense/testing/kernel_run.h"
#include "ops/elementwise/elementwise.h"
#include "ops/shape/shape.h"

namespace weft {
namespace {

TensorType F32(Shape shape) { return {DType::kFloat32, std::move(shape)}; }

// An LSTM's cell with a bias beside the stacked input, and outputs that its gradient would read.
void RecordCell(GraphBuilder& builder, Dim batch, int64_t features, int64_t units) {
  Value h = builder.Input("h", F32({batch, features})), u = builder.Input("u", F32({features, 4 * units}));
  Value x = builder.Input("x", F32({batch, 4 * units})), b = builder.Input("b", F32({4 * units}));
  Value c = builder.Input("c", F32({batch, units})), keep = builder.Input("keep", F32({batch, 1}));
  std::vector<Value> z = Split(MatMul(h, u) + x + b, 4, 1);
  Value i = Sigmoid(z[0]), f = Sigmoid(z[1]), g = Tanh(z[2]), o = Sigmoid(z[3]);
  Value c_new = f * c + i * g * keep;
  builder.Output("c", c_new);
  builder.Output("h", o * Tanh(c_new));
  builder.Output("f", f);
}

absl::StatusOr<GraphPtr> Optimized(GraphBuilder& builder) {
  auto module = std::make_shared<Module>(DenseTestRegistry());
  WEFT_ASSIGN_OR_RETURN(GraphPtr graph, builder.Build());
  WEFT_RETURN_IF_ERROR(module->AddFunction("f", graph));
  WEFT_ASSIGN_OR_RETURN(const PassResult optimized, Optimize(module, Target()));
  return optimized.module->FindFunction("f");
}

const Node* FindOp(const Graph& graph, const std::string& op) {
  for (const Node& node : graph.nodes()) {
    if (node.op->name == op) return &node;
  }
  return nullptr;
}

std::vector<Tensor> CellInputs(int64_t batch, int64_t features, int64_t units) {
  return {RandomTensor({batch, features}, 1),  RandomTensor({features, 4 * units}, 2),
          RandomTensor({batch, 4 * units}, 3), RandomTensor({4 * units}, 4),
          RandomTensor({batch, units}, 5),     RandomTensor({batch, 1}, 6)};
}

TEST(MatMulGatesFusion, ACellBecomesOneOp) {
  GraphBuilder builder(DenseTestRegistry());
  RecordCell(builder, Dim::Symbol("n"), 64, 64);
  WEFT_ASSERT_OK_AND_ASSIGN(const GraphPtr fused, Optimized(builder));
  EXPECT_EQ(fused->num_nodes(), 7) << "six inputs and the cell";
  ASSERT_NE(FindOp(*fused, kMatMulGatesOp), nullptr);

  GraphBuilder again(DenseTestRegistry());
  RecordCell(again, Dim::Symbol("n"), 64, 64);
  WEFT_ASSERT_OK_AND_ASSIGN(const GraphPtr plain, again.Build());
  const std::vector<Tensor> inputs = CellInputs(5, 64, 64);
  WEFT_ASSERT_OK_AND_ASSIGN(const ReferenceResult want, RunReference(*plain, inputs));
  WEFT_ASSERT_OK_AND_ASSIGN(const ReferenceResult got, RunReference(*fused, inputs));
  for (size_t i = 0; i < want.outputs.size(); ++i) EXPECT_TRUE(BitEqual(got.outputs[i], want.outputs[i])) << i;
}

// The same bits as the product, its parts and the program one after another, for any target, layout and batch.
TEST(MatMulGatesFusion, KernelsAgreeWithTheSeparateOps) {
  for (const auto& [batch, features, units] :
       {std::tuple<int64_t, int64_t, int64_t>{1, 128, 128}, {2, 64, 64}, {7, 33, 64}, {25, 128, 192}, {50, 300, 64}}) {
    GraphBuilder builder(DenseTestRegistry());
    RecordCell(builder, batch, features, units);
    WEFT_ASSERT_OK_AND_ASSIGN(const GraphPtr fused, Optimized(builder));
    const Node* node = FindOp(*fused, kMatMulGatesOp);
    ASSERT_NE(node, nullptr);
    const std::vector<Tensor> given = CellInputs(batch, features, units);
    RunSpec spec;
    spec.op = kMatMulGatesOp;
    spec.attrs = *node->attrs;
    for (ValueId input : node->inputs) {
      for (size_t i = 0; i < given.size(); ++i) {
        if (fused->inputs()[i] == input) spec.inputs.push_back(given[i]);
      }
    }
    ASSERT_EQ(spec.inputs.size(), node->inputs.size());
    WEFT_ASSERT_OK_AND_ASSIGN(const std::vector<Tensor> reference, RunOpReference(spec));

    // One gate after another: the product of its columns, and the gate's own sums.
    RunSpec product;
    product.op = kMatMulOp;
    product.attrs = AttrMap{{"transpose_a", false}, {"transpose_b", false}, {"chunk", int64_t{0}}};
    product.inputs = {given[0], given[1]};
    Target plain = Target::Host(1);
    WEFT_ASSERT_OK_AND_ASSIGN(const std::vector<Tensor> z, RunKernel(product, plain));

    std::vector<Tensor> first;
    for (const Target& target : TargetsToTest()) {
      for (const Layout layout : {Layout::kRowMajor, Layout::kPanels64}) {
        spec.layouts = {Layout::kRowMajor, layout};
        WEFT_ASSERT_OK_AND_ASSIGN(const std::vector<Tensor> got, RunKernel(spec, target));
        if (first.empty()) first = got;
        for (size_t i = 0; i < got.size(); ++i) {
          ASSERT_TRUE(BitEqual(got[i], first[i])) << Describe(target) << ", batch " << batch << ", output " << i;
          for (int64_t k = 0; k < got[i].num_elements(); ++k) {
            ASSERT_NEAR(got[i].AtDouble(k), reference[i].AtDouble(k), 2e-5) << Describe(target) << ", element " << k;
          }
        }
      }
    }
    // The output f is a function of its gate alone: sigmoid(z + x + b), rounded as the ops round.
    GraphBuilder gate(DenseTestRegistry());
    const Value sum = gate.Input("z", F32({batch, 4 * units}));
    const Value x = gate.Input("x", F32({batch, 4 * units}));
    const Value b = gate.Input("b", F32({4 * units}));
    gate.Output("f", Sigmoid(SliceAxis(sum + x + b, 1, units, 2 * units)));
    WEFT_ASSERT_OK_AND_ASSIGN(const GraphPtr graph, gate.Build());
    WEFT_ASSERT_OK_AND_ASSIGN(const ReferenceResult f, RunReference(*graph, {z[0], given[2], given[3]}));
    const Tensor& got = first[static_cast<size_t>(fused->value(fused->outputs()[2].value).index)];
    for (int64_t k = 0; k < f.outputs[0].num_elements(); ++k) {
      ASSERT_NEAR(got.AtDouble(k), f.outputs[0].AtDouble(k), 3e-7);
    }
  }
}

TEST(MatMulGatesFusion, AStateIsReplacedInPlace) {
  GraphBuilder builder(DenseTestRegistry());
  RecordCell(builder, 9, 64, 64);
  WEFT_ASSERT_OK_AND_ASSIGN(const GraphPtr fused, Optimized(builder));
  const Node* node = FindOp(*fused, kMatMulGatesOp);
  ASSERT_NE(node, nullptr);
  const std::vector<Tensor> given = CellInputs(9, 64, 64);
  RunSpec spec;
  spec.op = kMatMulGatesOp;
  spec.attrs = *node->attrs;
  int c = -1;
  for (size_t k = 0; k < node->inputs.size(); ++k) {
    for (size_t i = 0; i < given.size(); ++i) {
      if (fused->inputs()[i] == node->inputs[k]) spec.inputs.push_back(given[i]);
    }
    if (node->inputs[k] == fused->inputs()[4]) c = static_cast<int>(k);
  }
  ASSERT_GE(c, 0);
  WEFT_ASSERT_OK_AND_ASSIGN(const std::vector<Tensor> want, RunKernel(spec, Target::Host(1)));
  spec.in_place = {{0, c}};
  for (const Target& target : TargetsToTest()) {
    WEFT_ASSERT_OK_AND_ASSIGN(const std::vector<Tensor> got, RunKernel(spec, target));
    for (size_t i = 0; i < got.size(); ++i) EXPECT_TRUE(BitEqual(got[i], want[i])) << Describe(target) << i;
  }
}

TEST(MatMulGatesFusion, LeavesOtherSplitsAlone) {
  using Record = std::function<void(GraphBuilder&, Value h, Value u)>;
  const Record others[] = {
      // Parts that are no whole panels.
      [](GraphBuilder& b, Value h, Value u) {
        std::vector<Value> z = Split(MatMul(h, u), 4, 1);
        b.Output("y", z[0] * z[1] + z[2] * z[3]);
      },
      // Parts of different sizes.
      [](GraphBuilder& b, Value h, Value u) {
        std::vector<Value> z = Split(MatMul(h, u), {Dim(64), Dim(64)}, 1);
        b.Output("y", z[0] * z[1]);
        b.Output("z", z[1]);
      },
      // The product is wanted itself.
      [](GraphBuilder& b, Value h, Value u) {
        Value sum = MatMul(h, u);
        std::vector<Value> z = Split(sum, 2, 1);
        b.Output("y", z[0] * z[1]);
        b.Output("sum", sum);
      },
      // Rows are cut, not columns.
      [](GraphBuilder& b, Value h, Value u) {
        std::vector<Value> z = Split(MatMul(h, u), 2, 0);
        b.Output("y", z[0] * z[1]);
      },
  };
  for (const Record& record : others) {
    GraphBuilder builder(DenseTestRegistry());
    record(builder, builder.Input("h", F32({128, 16})), builder.Input("u", F32({16, 128})));
    WEFT_ASSERT_OK_AND_ASSIGN(const GraphPtr graph, Optimized(builder));
    EXPECT_EQ(FindOp(*graph, kMatMulGatesOp), nullptr);
    EXPECT_NE(FindOp(*graph, "split"), nullptr);
  }
}

TEST(MatMulGatesFusion, WrongOperandsAreErrors) {
  GraphBuilder body(DenseTestRegistry());
  Value sum = body.Input("a", F32({})) + body.Input("b", F32({}));
  body.Output("y", sum);
  WEFT_ASSERT_OK_AND_ASSIGN(const GraphPtr two, body.Build());
  const auto record = [&](int64_t gates, Shape u, std::vector<Shape> extras) {
    GraphBuilder builder(DenseTestRegistry());
    std::vector<Value> in = {builder.Input("h", F32({3, 8})), builder.Input("u", F32(std::move(u)))};
    for (Shape& extra : extras) in.push_back(builder.Input(absl::StrCat("x", in.size()), F32(std::move(extra))));
    builder.Record(kMatMulGatesOp, in, {{"gates", gates}, {"body", two}}, SourceLocation::current());
    return builder.status();
  };
  WEFT_EXPECT_OK(record(2, {8, 128}, {}));
  EXPECT_THAT(record(3, {8, 128}, {}), StatusIs(absl::StatusCode::kInvalidArgument, ::testing::HasSubstr("gates = 3")));
  EXPECT_THAT(record(1, {8, 128}, {}), StatusIs(absl::StatusCode::kInvalidArgument, ::testing::HasSubstr("gates = 1")));
  EXPECT_THAT(record(2, {8, 128}, {{3, 64}}),
              StatusIs(absl::StatusCode::kInvalidArgument, ::testing::HasSubstr("body has 2 inputs, expected 3")));
  EXPECT_THAT(record(2, {8, 128}, {{3, 63}}), StatusIs(absl::StatusCode::kInvalidArgument));
}

}  // namespace
}  // namespace weft
