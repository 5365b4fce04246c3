// Recording: literals, operators, file:line, type errors, loops.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/testing/status_matchers.h"
#include "graph/ir/scan.h"
#include "ops/elementwise/elementwise.h"
#include "ops/elementwise/testing/harness.h"

namespace weft {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using Record = std::function<Value(GraphBuilder& builder, absl::Span<const Value> in)>;

const TensorType kF32{DType::kFloat32, {2, 3}}, kF64{DType::kFloat64, {2, 3}}, kI32{DType::kInt32, {2, 3}},
    kBool{DType::kBool, {2, 3}};

absl::StatusOr<TensorType> TypeOf(std::vector<TensorType> inputs, const Record& record) {
  auto graph = BuildGraph(
      inputs, [&](GraphBuilder& b, absl::Span<const Value> in) { return std::vector<Value>{record(b, in)}; });
  if (!graph.ok()) return graph.status();
  return (*graph)->type((*graph)->outputs()[0].value);
}

auto IsMistake(const std::string& a, const std::string& b = "") {
  return StatusIs(absl::StatusCode::kInvalidArgument, AllOf(HasSubstr(a), HasSubstr(b)));
}

TEST(RecordingTest, EveryRowIsAnOp) {
  std::vector<std::string> names = {"elementwise_program"};
#define WEFT_UNARY(Function, op, Class, Diff, ulp, cycles, formula) names.push_back(#op);
#define WEFT_BINARY(Function, op, Class, Diff, commutative, ulp, cycles, formula) names.push_back(#op);
#define WEFT_COMPARE(Function, op, commutative, cycles, formula) names.push_back(#op);
#define WEFT_PREDICATE(Function, op, cycles, formula) names.push_back(#op);
#define WEFT_SPECIAL(Function, op, cycles) names.push_back(#op);
#include "ops/elementwise/elementwise_ops.inc"
  for (const std::string& name : names) {
    SCOPED_TRACE(name);
    const OpDef* op = TestOps().Find(name);
    ASSERT_NE(op, nullptr);
    EXPECT_EQ(op->family, "elementwise");
    EXPECT_FALSE(op->doc.empty());
    EXPECT_NE(op->kernel, nullptr);
    EXPECT_EQ(op->elementwise.has_value(), name != "elementwise_program");
    EXPECT_EQ(op->differentiability == Differentiability::kGradient, op->gradient != nullptr);
  }
  for (const OpDef* op : TestOps().ops()) {
    if (op->family != "elementwise") continue;
    EXPECT_THAT(names, ::testing::Contains(op->name));
  }
}

TEST(RecordingTest, OperandsBroadcast) {
  const Dim n = Dim::Symbol("n");
  EXPECT_THAT(TypeOf({{DType::kFloat32, {n, 10}}, {DType::kFloat32, {10}}},
                     [](GraphBuilder&, auto in) { return in[0] + in[1]; }),
              IsOkAndHolds(TensorType{DType::kFloat32, {n, 10}}));
  EXPECT_THAT(TypeOf({{DType::kFloat32, {n, 1}}, {DType::kFloat32, {1, n}}},
                     [](GraphBuilder&, auto in) { return Less(in[0], in[1]); }),
              IsOkAndHolds(TensorType{DType::kBool, {n, n}}));
  EXPECT_THAT(TypeOf({{DType::kFloat32, {n, 10}}, {DType::kFloat32, {9}}},
                     [](GraphBuilder&, auto in) { return in[0] + in[1]; }),
              IsMistake("[n,10]", "[9]"));
}

TEST(RecordingTest, LiteralsTakeTheDTypeOfTheOtherOperand) {
  EXPECT_THAT(TypeOf({kF64}, [](GraphBuilder&, auto in) { return 2 * in[0] - 1.5; }), IsOkAndHolds(kF64));
  EXPECT_THAT(TypeOf({kI32}, [](GraphBuilder&, auto in) { return -in[0] / 2; }), IsOkAndHolds(kI32));
  EXPECT_THAT(TypeOf({kBool, kI32}, [](GraphBuilder&, auto in) { return Select(in[0], 1, in[1]); }),
              IsOkAndHolds(kI32));
}

TEST(RecordingTest, AnErrorNamesBothTypesAndSaysWhatToDo) {
  EXPECT_THAT(TypeOf({kF32, kI32}, [](GraphBuilder&, auto in) { return in[0] * in[1]; }),
              IsMistake("mul (", "the operands are f32[2,3] and i32[2,3], expected one dtype for both; use Cast"));
  EXPECT_THAT(TypeOf({kF32, kI32}, [](GraphBuilder&, auto in) { return Equal(in[0], in[1]); }), IsMistake("use Cast"));
  EXPECT_THAT(TypeOf({kI32}, [](GraphBuilder&, auto in) { return Exp(in[0]); }),
              IsMistake("expected f32 or f64, got i32[2,3]", "use Cast"));
  EXPECT_THAT(TypeOf({kBool, kBool}, [](GraphBuilder&, auto in) { return in[0] + in[1]; }),
              IsMistake("expected f32, f64, i32, i64 or u8, got bool[2,3]"));
  EXPECT_THAT(TypeOf({kF32, kF32}, [](GraphBuilder&, auto in) { return LogicalAnd(in[0], in[1]); }),
              IsMistake("expected bool, got f32[2,3]"));
  EXPECT_THAT(TypeOf({kI32}, [](GraphBuilder&, auto in) { return IsNan(in[0]); }), IsMistake("expected f32 or f64"));
  EXPECT_THAT(TypeOf({kF32, kF32}, [](GraphBuilder&, auto in) { return Select(in[0], in[1], 0.0); }),
              IsMistake("expected bool, got f32[2,3] as the condition"));
  EXPECT_THAT(TypeOf({kBool, kF32, kI32}, [](GraphBuilder&, auto in) { return Select(in[0], in[1], in[2]); }),
              IsMistake("f32[2,3] and i32[2,3]"));
  EXPECT_THAT(TypeOf({kBool}, [](GraphBuilder&, auto in) { return Select(in[0], 1.0, 0.0); }),
              IsMistake("both branches are literals"));
  EXPECT_THAT(TypeOf({kF32}, [](GraphBuilder&, auto in) { return Clip(in[0], 2, 1); }),
              IsMistake("expected min <= max", "min = 2, max = 1"));
  EXPECT_THAT(TypeOf({kF32}, [](GraphBuilder&, auto in) { return Clip(in[0], std::nan(""), 1); }),
              IsMistake("min <= max"));
  EXPECT_THAT(TypeOf({kI32}, [](GraphBuilder&, auto in) { return Clip(in[0], 0.5, 1); }), IsMistake("integral bounds"));
}

TEST(RecordingTest, ErrorsAndNodesSayWhere) {
  const int line = __LINE__ + 1;
  auto status = TypeOf({kF32, kI32}, [](GraphBuilder&, auto in) { return in[0] + in[1]; }).status();
  EXPECT_THAT(std::string(status.message()), HasSubstr("recording_test.cc:" + std::to_string(line)));
  const int second = __LINE__ + 1;
  auto graph = BuildGraph({kF32}, [](GraphBuilder&, auto in) { return std::vector<Value>{Sigmoid(1.0 - in[0])}; });
  WEFT_ASSERT_OK(graph);
  for (const Node& node : (*graph)->nodes()) {
    if (IsInput(node) || node.op->name == "constant") continue;
    EXPECT_EQ(node.origin->line, second) << node.op->name;
  }
}

TEST(RecordingTest, AnOperandThatWasNeverSet) {
  EXPECT_THAT(TypeOf({kF32}, [](GraphBuilder&, auto in) { return in[0] + Value(); }),
              IsMistake("operand 1 was never set"));
  EXPECT_THAT(TypeOf({kF32}, [](GraphBuilder&, auto in) { return Value() + in[0]; }),
              IsMistake("operand 0 was never set"));
  EXPECT_TRUE((Value() + Value()).absent());
  EXPECT_TRUE(Exp(Value()).absent());
  EXPECT_TRUE((Value() * 2.0).absent());
}

// In the body of a loop, with the captured operand first: the node belongs to the body all the same.
TEST(RecordingTest, CapturedOperandsMayStandFirst) {
  GraphBuilder b(TestOps());
  Value w = b.Input("w", {DType::kFloat32, {3}});
  Value h = b.Input("h", {DType::kFloat32, {3}});
  ScanResult result = Scan(b, {h}, {},
                           [&](GraphBuilder&, absl::Span<const Value> carries, absl::Span<const Value>) {
                             return ScanStep{{w * carries[0] + 2.0 * w}, {}};
                           },
                           {.length = Dim(4)});
  b.Output("h", result.carries[0]);
  WEFT_ASSERT_OK_AND_ASSIGN(GraphPtr graph, b.Build());
  EXPECT_EQ(graph->nodes().back().op->name, "scan");
  // Nothing that needs the carry was recorded outside; 2 * w, which does not, was.
  for (const Node& node : graph->nodes()) EXPECT_NE(node.op->name, "add");
  EXPECT_EQ(graph->num_nodes(), 5);
}

TEST(RecordingTest, CommutativeOpsAreMarked) {
  for (const char* op :
       {"add", "mul", "minimum", "maximum", "equal", "not_equal", "logical_and", "logical_or", "logical_xor"}) {
    EXPECT_TRUE(TestOps().Find(op)->commutative) << op;
  }
  for (const char* op : {"sub", "div", "mod", "pow", "less", "greater", "select"}) {
    EXPECT_FALSE(TestOps().Find(op)->commutative) << op;
  }
}

}  // namespace
}  // namespace weft
