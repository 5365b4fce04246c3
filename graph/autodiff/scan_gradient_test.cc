// Gradients of loops, against differences, to the second order.
#include "graph/autodiff/scan_gradient.h"

#include "core/testing/status_matchers.h"
#include "gmock/gmock.h"
#include "graph/autodiff/gradients.h"
#include "graph/autodiff/testing/check_gradients.h"
#include "graph/autodiff/testing/differentiable_ops.h"
#include "graph/exec/testing/test_ops.h"
#include "graph/ir/scan.h"
#include "gtest/gtest.h"

namespace weft {
namespace {

using test_ops::Add;
using test_ops::Mul;
using test_ops::Unary;
using ::testing::AllOf;
using ::testing::HasSubstr;
using In = absl::Span<const Value>;

Value Total(Value x) { return Unary("total", x); }

// c' = c w + x, y = c'^3 x: operands init, xs, w.
ScanResult Recurrence(GraphBuilder& b, In x, bool reverse) {
  return Scan(b, {x[0]}, {x[1]},
              [&](GraphBuilder&, In c, In s) {
                Value next = Add(Mul(c[0], x[2]), s[0]);
                return ScanStep{{next}, {Mul(Unary("cube", next), s[0])}};
              },
              {.reverse = reverse});
}
const std::vector<std::vector<int64_t>> kOperands = {{2}, {4, 2}, {2}};

TEST(ScanGradientTest, CarriesStackedAndCapturedOperands) {
  for (bool reverse : {false, true}) {
    EXPECT_EQ(CheckGradients(
                  [&](GraphBuilder& b, In x) {
                    ScanResult r = Recurrence(b, x, reverse);
                    return Add(Total(r.carries[0]), Total(r.outputs[0]));
                  },
                  kOperands),
              "")
        << reverse;
  }
}

TEST(ScanGradientTest, ResultsOfWhichSomeAreNotRead) {
  EXPECT_EQ(CheckGradients([](GraphBuilder& b, In x) { return Total(Recurrence(b, x, false).carries[0]); }, kOperands),
            "");
  EXPECT_EQ(CheckGradients([](GraphBuilder& b, In x) { return Total(Recurrence(b, x, false).outputs[0]); }, kOperands),
            "");
}

TEST(ScanGradientTest, WithoutCarries) {
  EXPECT_EQ(CheckGradients(
                [](GraphBuilder& b, In x) {
                  ScanResult r = Scan(b, {}, {x[0]}, [&](GraphBuilder&, In, In s) {
                    return ScanStep{{}, {Mul(Unary("cube", s[0]), x[1])}};
                  });
                  return Total(r.outputs[0]);
                },
                {{3, 2}, {2}}),
            "");
}

TEST(ScanGradientTest, WithoutStackedOperands) {
  EXPECT_EQ(CheckGradients(
                [](GraphBuilder& b, In x) {
                  ScanResult r = Scan(b, {x[0]}, {},
                                      [&](GraphBuilder&, In c, In) {
                                        return ScanStep{{Mul(c[0], x[1])}, {c[0]}};
                                      },
                                      {.length = Dim(3)});
                  return Add(Total(r.carries[0]), Total(r.outputs[0]));
                },
                {{2}, {2}}),
            "");
}

// A counter is carried along: no gradient passes through it, but the steps that it counts are the same.
TEST(ScanGradientTest, IntegersAreCarriedAlong) {
  EXPECT_EQ(CheckGradients(
                [](GraphBuilder& b, In x) {
                  Value zero = b.Constant(Tensor::ScalarInt(DType::kInt64, 0));
                  Value one = b.Constant(Tensor::ScalarInt(DType::kInt64, 1));
                  ScanResult r = Scan(b, {zero, x[0]}, {x[1]}, [&](GraphBuilder&, In c, In s) {
                    Value count = Add(c[0], one);
                    Value next = Mul(Add(c[1], s[0]), Unary("to_float", count));
                    return ScanStep{{count, next}, {count, next}};
                  });
                  return Add(Total(r.carries[1]), Total(r.outputs[1]));
                },
                {{}, {4}}),
            "");
}

TEST(ScanGradientTest, LoopsWithinLoops) {
  EXPECT_EQ(CheckGradients(
                [](GraphBuilder& b, In x) {
                  ScanResult outer = Scan(b, {x[0]}, {x[1]}, [&](GraphBuilder& body, In c, In row) {
                    ScanResult inner = Scan(body, {c[0]}, {row[0]}, [&](GraphBuilder&, In d, In s) {
                      Value next = Add(Mul(d[0], x[2]), s[0]);
                      return ScanStep{{next}, {next}};
                    });
                    return ScanStep{{inner.carries[0]}, {inner.outputs[0]}};
                  });
                  return Total(Unary("cube", outer.outputs[0]));
                },
                {{}, {2, 3}, {}}),
            "");
}

TEST(ScanGradientTest, LoopsOfNoStep) {
  EXPECT_EQ(
      CheckGradients([](GraphBuilder& b, In x) { return Total(Unary("cube", Recurrence(b, x, false).carries[0])); },
                     {{2}, {0, 2}, {2}}),
      "");
}

TEST(ScanGradientTest, AMissingGradientInsideNamesOpAndLayer) {
  GraphBuilder b(DifferentiableOps());
  Value init = b.Input("init", {DType::kFloat64, {2}}), xs = b.Input("xs", {DType::kFloat64, {4, 2}});
  GraphBuilder::Scope layer(b, "rnn");
  ScanResult r = Scan(b, {init}, {xs}, [](GraphBuilder&, In c, In s) {
    return ScanStep{{Add(Unary("opaque", c[0]), s[0])}, {}};
  });
  EXPECT_THAT(Gradients({Total(r.carries[0])}, {xs}),
              StatusIs(absl::StatusCode::kUnimplemented,
                       AllOf(HasSubstr("op 'opaque' in rnn ("), HasSubstr("has no gradient"))));
}

}  // namespace
}  // namespace weft
