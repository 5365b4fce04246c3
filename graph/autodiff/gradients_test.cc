#include "graph/autodiff/gradients.h"

#include "absl/strings/str_cat.h"
#include "core/testing/status_matchers.h"
#include "gmock/gmock.h"
#include "graph/autodiff/gradient_args.h"
#include "graph/autodiff/testing/check_gradients.h"
#include "graph/autodiff/testing/differentiable_ops.h"
#include "graph/exec/testing/test_ops.h"
#include "graph/text/text.h"
#include "gtest/gtest.h"

namespace weft {
namespace {

using test_ops::Add;
using test_ops::Mul;
using test_ops::Sub;
using test_ops::Unary;
using ::testing::AllOf;
using ::testing::HasSubstr;

const TensorType kDouble{DType::kFloat64, {3}}, kInt{DType::kInt64, {3}}, kScalar{DType::kFloat64, {}};
using In = absl::Span<const Value>;

TEST(GradientsTest, AgreeWithDifferences) {
  EXPECT_EQ(CheckGradients([](GraphBuilder&, In x) { return Unary("total", Mul(x[0], x[1])); }, {{3}, {3}}), "");
  // One value read by several nodes, and twice by one.
  EXPECT_EQ(CheckGradients(
                [](GraphBuilder&, In x) {
                  Value y = Unary("cube", Sub(Mul(x[0], x[0]), x[1]));
                  return Unary("total", Add(Mul(y, x[0]), Unary("neg", y)));
                },
                {{4}, {4}}),
            "");
  EXPECT_EQ(CheckGradients(
                [](GraphBuilder&, In x) { return Unary("total", Unary("cube", test_ops::Reshape(x[0], Shape({6})))); },
                {{2, 3}}),
            "");
  // Of two results one or both.
  for (int used : {0, 1, 2}) {
    EXPECT_EQ(CheckGradients(
                  [&](GraphBuilder& b, In x) {
                    std::vector<Value> halves = b.Record("halves", {x[0]}, {}, SourceLocation::current(), 2);
                    return Unary("total", Unary("cube", used == 2 ? Mul(halves[0], halves[1]) : halves[used]));
                  },
                  {{6}}),
              "")
        << used;
  }
  // The check can fail: this is constant for autodiff, and not for differences.
  EXPECT_THAT(CheckGradients(
                  [](GraphBuilder& b, In x) {
                    return Unary("total",
                                 b.Record1("to_float",
                                           {b.Record1("to_int", {Mul(x[0], test_ops::Full(b, x[0].type(), 1e9))}, {},
                                                      SourceLocation::current())},
                                           {}, SourceLocation::current()));
                  },
                  {{2}}),
              HasSubstr("first order"));
}

TEST(GradientsTest, RecordOrdinaryNodesOfTheSameLayer) {
  GraphBuilder b(DifferentiableOps());
  Value x = b.Input("x", kScalar), y;
  {
    GraphBuilder::Scope layer(b, "dense");
    y = Add(Mul(x, x), x);
  }
  WEFT_ASSERT_OK_AND_ASSIGN(const std::vector<Value> dx, Gradients({y}, {x}));
  const Node& sum = b.producer(dx[0]);  // of what arrives: of no layer; what rules record is of their node's
  EXPECT_EQ(b.graph().producer(sum.inputs[1]).origin->layer, "dense");
  b.Output("dx", dx[0]);
  WEFT_ASSERT_OK_AND_ASSIGN(const GraphPtr graph, b.Build());
  // Sums in descending order of the readers: first add, then mul by its two operands.
  EXPECT_EQ(absl::StrCat("\n", ToText(*graph)), R"(
function {
  %x: f64[] = input("x")
  %mul: f64[] = mul(%x, %x)
  %add: f64[] = add(%mul, %x)
  %full: f64[] = full(type=f64[], value=1)
  %mul.1: f64[] = mul(%full, %x)
  %mul.2: f64[] = mul(%full, %x)
  %add.1: f64[] = add(%full, %mul.1)
  %add.2: f64[] = add(%add.1, %mul.2)
  output "dx" = %add.2
}
)");
}

TEST(GradientsTest, TargetsOfEveryKind) {
  GraphBuilder b(DifferentiableOps());
  Value x = b.Input("x", kDouble), unused = b.Input("unused", {DType::kFloat32, {Dim::Symbol("n")}});
  Value middle = Unary("cube", x), y = Unary("total", middle), after = Unary("neg", y);
  WEFT_ASSERT_OK_AND_ASSIGN(const std::vector<Value> dxs, Gradients({y}, {x, unused, middle, y, after, middle}));
  ASSERT_EQ(dxs.size(), 6u);
  for (size_t i = 0; i < dxs.size(); ++i) {
    const Value of[] = {x, unused, middle, y, after, middle};
    EXPECT_EQ(dxs[i].type(), of[i].type());
  }
  auto full = [&](const Value& v) {
    const Node& node = b.producer(v);
    return node.op->name == "full" ? node.attrs->Float("value") : -1;
  };
  EXPECT_EQ(full(dxs[1]), 0);  // out of reach
  EXPECT_EQ(full(dxs[3]), 1);  // y itself
  EXPECT_EQ(full(dxs[4]), 0);  // behind y
  EXPECT_EQ(dxs[2], dxs[5]);   // asked for twice
  EXPECT_EQ(full(dxs[0]), -1);
}

TEST(GradientsTest, SeveralFunctionsAreWeightedAndSummed) {
  GraphBuilder b(DifferentiableOps());
  Value x = b.Input("x", kDouble), w = b.Input("w", kDouble), y = Unary("neg", x);
  WEFT_ASSERT_OK_AND_ASSIGN(const std::vector<Value> dx, Gradients({y, x, y}, {x}, {w, w, w}));
  b.Output("dx", dx[0]);
  WEFT_ASSERT_OK_AND_ASSIGN(const GraphPtr graph, b.Build());
  EXPECT_THAT(ToText(*graph), HasSubstr(R"(
  %add: f64[3] = add(%w, %w)
  %neg.1: f64[3] = neg(%add)
  %add.1: f64[3] = add(%w, %neg.1)
)"));
}

TEST(GradientsTest, StopAtWhatIsPiecewiseConstantAndAtIntegers) {
  GraphBuilder b(DifferentiableOps());
  Value x = b.Input("x", kDouble);
  Value stepped = Unary("step", x);
  Value counted = Unary("to_float", Unary("to_int", x));
  WEFT_ASSERT_OK_AND_ASSIGN(std::vector<Value> dx, Gradients({Add(stepped, counted)}, {x}));
  EXPECT_EQ(b.producer(dx[0]).op->name, "full");
  // They do not cut off the other ways.
  WEFT_ASSERT_OK_AND_ASSIGN(dx, Gradients({Mul(Add(stepped, counted), x)}, {x}));
  EXPECT_EQ(b.producer(dx[0]).op->name, "mul");
}

TEST(GradientsTest, RulesKnowWhatIsNeeded) {
  GraphBuilder b(DifferentiableOps());
  Value x = b.Input("x", kDouble), y = b.Input("y", kDouble);
  const Value product = Mul(x, y);
  const int before = b.graph().num_nodes();
  WEFT_ASSERT_OK(Gradients({product}, {x}));
  EXPECT_EQ(b.graph().num_nodes(), before + 2);  // ones, and one product
}

TEST(GradientsTest, AnOpWithoutAGradientMayStandBesideTheWay) {
  GraphBuilder b(DifferentiableOps());
  Value x = b.Input("x", kDouble), y = b.Input("y", kDouble);
  WEFT_EXPECT_OK(Gradients({Mul(x, Unary("opaque", y))}, {x}));
  Value z = Unary("cube", x);
  Unary("opaque", z);
  WEFT_EXPECT_OK(Gradients({z}, {x}));
}

// ---- errors

absl::Status ErrorThrough(const char* op) {
  GraphBuilder b(DifferentiableOps());
  Value x = b.Input("x", kDouble), y;
  {
    GraphBuilder::Scope model(b, "model"), layer(b, "dense_1");
    y = Unary(op, x);
  }
  return Gradients({Unary("total", y)}, {x}).status();
}

TEST(GradientsTest, AMissingGradientNamesOpLayerAndPlace) {
  EXPECT_THAT(ErrorThrough("opaque"),
              StatusIs(absl::StatusCode::kUnimplemented,
                       AllOf(HasSubstr("op 'opaque' in model/dense_1 ("), HasSubstr("has no gradient"))));
}

TEST(GradientsTest, RulesThatAreWrongAreNamed) {
  EXPECT_THAT(ErrorThrough("wrong_count"),
              StatusIs(absl::StatusCode::kInternal,
                       AllOf(HasSubstr("'wrong_count' in model/dense_1"), HasSubstr("2 results for 1 operands"))));
  EXPECT_THAT(
      ErrorThrough("wrong_type"),
      StatusIs(absl::StatusCode::kInternal, AllOf(HasSubstr("'wrong_type' in model/dense_1"),
                                                  HasSubstr("operand 0: expected f64[3], the rule gives f64[]"))));
  EXPECT_THAT(ErrorThrough("rule_fails"),
              StatusIs(absl::StatusCode::kInternal,
                       AllOf(HasSubstr("gradient of op 'rule_fails' in model/dense_1"), HasSubstr("as asked"))));
}

TEST(GradientsTest, BadArguments) {
  GraphBuilder b(DifferentiableOps());
  Value x = b.Input("x", kDouble), i = b.Input("i", kInt), y = Unary("cube", x);
  const struct {
    const char* error;
    absl::StatusOr<std::vector<Value>> result;
  } kCases[] = {
      {"ys is empty", Gradients({}, {x})},
      {"2 dys for 1 ys", Gradients({y}, {x}, {y, y})},
      {"ys[0] was never set", Gradients({Value()}, {x})},
      {"ys[1] was never set", Gradients({y, Value()}, {x})},
      {"xs[1] was never set", Gradients({y}, {x, Value()})},
      {"dys[0] was never set", Gradients({y}, {x}, {Value()})},
      {"ys[0] is i64[3], expected a float", Gradients({i}, {x})},
      {"xs[0] is i64[3], expected a float", Gradients({y}, {i})},
      {"dys[0] is f64[], ys[0] is f64[3]", Gradients({y}, {x}, {Unary("total", x)})},
  };
  for (const auto& test : kCases) {
    EXPECT_THAT(test.result, StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr(test.error)));
  }
  WEFT_EXPECT_OK(b.status());
  WEFT_ASSERT_OK_AND_ASSIGN(const std::vector<Value> none, Gradients({y}, {}));
  EXPECT_TRUE(none.empty());

  GraphBuilder other(DifferentiableOps());
  EXPECT_THAT(Gradients({y}, {other.Input("x", kDouble)}),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("unrelated function")));
  EXPECT_THAT(Gradients({y}, {x}), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("unrelated function")))
      << "the builder has failed";
}

TEST(GradientsTest, RolesThatAreMissing) {
  std::unique_ptr<OpRegistry> ops = MakeDifferentiableOps();
  ops->roles().full = nullptr;
  GraphBuilder b(*ops);
  Value x = b.Input("x", kDouble);
  EXPECT_THAT(Gradients({x}, {x}), StatusIs(absl::StatusCode::kInternal, HasSubstr("lacks the roles 'full' or 'add'")));
}

}  // namespace
}  // namespace weft
