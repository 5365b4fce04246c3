#include "graph/ir/scan.h"

#include "core/testing/status_matchers.h"
#include "gmock/gmock.h"
#include "graph/text/testing/test_ops.h"
#include "gtest/gtest.h"

namespace weft {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

const Dim kN = Dim::Symbol("n");
const TensorType kRow{DType::kFloat32, {4}}, kRows{DType::kFloat32, {kN, 4}};

Value Add(Value a, Value b) {
  // Of the innermost function, as recording functions do.
  return a.builder()->Record1("add", {a, b}, {}, SourceLocation::current());
}

// carry = carry + x; also stacked.
ScanStep Sum(GraphBuilder&, absl::Span<const Value> carries, absl::Span<const Value> slices) {
  Value sum = Add(carries[0], slices[0]);
  return {{sum}, {sum}};
}

TEST(ScanTest, TypesOfCarriesAndStackedResults) {
  GraphBuilder b(TestOps());
  Value init = b.Input("init", kRow), xs = b.Input("xs", kRows), w = b.Input("w", kRow);
  ScanResult result = Scan(b, {init}, {xs}, [&](GraphBuilder&, absl::Span<const Value> c, absl::Span<const Value> x) {
    EXPECT_EQ(x[0].type(), kRow);
    return ScanStep{{Add(Add(c[0], x[0]), w)}, {x[0], c[0]}};
  });
  ASSERT_EQ(result.carries.size(), 1u);
  ASSERT_EQ(result.outputs.size(), 2u);
  EXPECT_EQ(result.carries[0].type(), kRow);
  EXPECT_EQ(result.outputs[1].type(), kRows);
  const ScanView view(b.producer(result.carries[0]));
  EXPECT_EQ(view.num_carries, 1);
  EXPECT_EQ(view.num_stacked, 1);
  EXPECT_EQ(view.num_captured, 1);
  EXPECT_EQ(view.num_outputs, 2);
  EXPECT_FALSE(view.reverse);
  EXPECT_EQ(view.length, kN);
  WEFT_EXPECT_OK(b.Build());
}

TEST(ScanTest, WithoutStackedOperandsTheLengthIsGiven) {
  auto same = [](GraphBuilder&, absl::Span<const Value> c, absl::Span<const Value>) {
    return ScanStep{{c[0]}, {c[0]}};
  };
  GraphBuilder b(TestOps());
  ScanResult result = Scan(b, {b.Input("init", kRow)}, {}, same, {.reverse = true, .length = kN});
  EXPECT_EQ(result.outputs[0].type(), kRows);
  EXPECT_TRUE(ScanView(b.producer(result.outputs[0])).reverse);
  Scan(b, {b.Input("other", kRow)}, {}, same);
  EXPECT_THAT(b.status(), StatusIs(absl::StatusCode::kInvalidArgument,
                                   AllOf(HasSubstr("scan (graph/ir/scan_test.cc:"),
                                         HasSubstr("without stacked operands the length must be given"))));
}

// What Scan() refuses while it records.
std::string RecordingError(const std::function<void(GraphBuilder&, Value init, Value xs)>& record) {
  GraphBuilder b(TestOps());
  record(b, b.Input("init", kRow), b.Input("xs", kRows));
  EXPECT_FALSE(b.status().ok());
  return std::string(b.Build().status().message());
}

TEST(ScanTest, WhatRecordingRefuses) {
  EXPECT_THAT(RecordingError([](GraphBuilder& b, Value init, Value) {
                Scan(b, {init}, {b.Input("scalar", {DType::kFloat32, {}})}, Sum);
              }),
              HasSubstr("stacked operand 0 is a scalar"));
  EXPECT_THAT(RecordingError([](GraphBuilder& b, Value init, Value xs) {
                Scan(b, {init}, {xs}, [](GraphBuilder&, auto, auto) { return ScanStep{}; });
              }),
              HasSubstr("the body returns 0 carries, expected 1"));
  EXPECT_THAT(RecordingError([](GraphBuilder& b, Value init, Value xs) {
                Scan(b, {init}, {xs}, [](GraphBuilder&, auto c, auto x) { return ScanStep{{c[0]}, {Value(), x[0]}}; });
              }),
              HasSubstr("a Value that was never set"));
  EXPECT_THAT(RecordingError([](GraphBuilder& b, Value init, Value xs) {
                Scan(b, {init}, {xs}, [](GraphBuilder& body, auto c, auto) {
                  return ScanStep{{body.Record1("ad", {c[0]}, {}, SourceLocation::current())}, {}};
                });
              }),
              AllOf(HasSubstr("scan ("), HasSubstr("did you mean 'add'?")));
  EXPECT_THAT(RecordingError([](GraphBuilder& b, Value init, Value) {
                Scan(b, {init}, {b.Input("other", {DType::kFloat32, {kN, 3}})}, Sum);
              }),
              HasSubstr("add"));
  EXPECT_THAT(RecordingError([](GraphBuilder& b, Value init, Value xs) {
                Scan(b, {init}, {xs, Value()}, Sum);
              }),
              HasSubstr("never set"));
  EXPECT_THAT(RecordingError([](GraphBuilder& b, Value init, Value xs) {
                Scan(b, {init}, {xs, b.Input("short", {DType::kFloat32, {7, 4}})}, Sum);
              }),
              HasSubstr("stacked operand 2: expected a leading dim of n, got f32[7,4]"));
  EXPECT_THAT(RecordingError([](GraphBuilder& b, Value, Value xs) {
                // The carry grows with each step.
                Scan(b, {b.Input("narrow", {DType::kFloat32, {1}})}, {xs}, Sum);
              }),
              HasSubstr("carry 0: begins as f32[1], the body returns f32[4]"));
  EXPECT_THAT(RecordingError([](GraphBuilder& b, Value, Value) {
                Scan(b, {}, {}, [](GraphBuilder&, auto, auto) { return ScanStep{}; }, {.length = kN});
              }),
              HasSubstr("a loop needs a carry or a stacked result"));
}

// The type rule by itself: files give nodes that no Scan() recorded.
TEST(ScanTest, WhatTheTypeRuleRefuses) {
  GraphBuilder body(TestOps());
  Value c = body.Input("c", kRow), x = body.Input("x", kRow);
  body.Output("c", c);
  body.Output("y", x);
  WEFT_ASSERT_OK_AND_ASSIGN(const GraphPtr good, body.Build());
  GraphBuilder updates(TestOps());
  updates.Output("c", updates.Input("c", kRow));
  updates.Update("w", updates.Input("x", kRow));
  WEFT_ASSERT_OK_AND_ASSIGN(const GraphPtr updating, updates.Build());
  GraphBuilder reads(TestOps());
  reads.Output("c", reads.Input("c", kRow));
  reads.Input("x", kRow);
  reads.Variable("w", kRow);
  WEFT_ASSERT_OK_AND_ASSIGN(const GraphPtr reading, reads.Build());

  const std::vector<TensorType> in = {kRow, kRows};
  auto infer = [&](const GraphPtr& graph, int64_t carries, int64_t stacked, const Shape& length,
                   const std::vector<TensorType>& types) {
    return MakeScanOp().infer(types, AttrMap{{"body", graph},
                                             {"num_carries", carries},
                                             {"num_stacked", stacked},
                                             {"reverse", false},
                                             {"length", length}});
  };
  WEFT_ASSERT_OK_AND_ASSIGN(const std::vector<TensorType> types, infer(good, 1, 1, {kN}, in));
  ASSERT_EQ(types.size(), 2u);
  EXPECT_EQ(types[1], kRows);
  const struct {
    const char* error;
    absl::StatusOr<std::vector<TensorType>> result;
  } kCases[] = {
      {"length: expected one dim, got [n,n]", infer(good, 1, 1, {kN, kN}, in)},
      {"length: expected one dim", infer(good, 1, 1, {}, in)},
      {"num_carries = -1 and num_stacked = 1 do not fit 2 operands", infer(good, -1, 1, {kN}, in)},
      {"do not fit", infer(good, 1, -1, {kN}, in)},
      {"do not fit", infer(good, 3, 0, {kN}, in)},
      {"do not fit", infer(good, 2, 1, {kN}, in)},
      {"do not fit", infer(good, INT64_MAX, INT64_MAX, {kN}, in)},
      {"the body has 2 inputs, the loop 1 operands", infer(good, 1, 0, {kN}, {kRow})},
      {"may not update variables", infer(updating, 1, 1, {kN}, in)},
      {"may not read variables", infer(reading, 1, 1, {kN}, in)},
      {"stacked operand 1: expected a leading dim of m", infer(good, 1, 1, {Dim::Symbol("m")}, in)},
      {"stacked operand 1: expected a leading dim of n, got f32[]",
       infer(good, 1, 1, {kN}, {kRow, {DType::kFloat32, {}}})},
      {"operand 0: the body expects f32[4], got f32[5]", infer(good, 1, 1, {kN}, {{DType::kFloat32, {5}}, kRows})},
      {"operand 1: the body expects f32[4], got f32[n,4]", infer(good, 1, 0, {kN}, in)},
      {"operand 1: the body expects f32[4], got i32[4]", infer(good, 1, 1, {kN}, {kRow, {DType::kInt32, {kN, 4}}})},
      {"stacked operands must be row-major",
       infer(good, 1, 1, {kN}, {kRow, {DType::kFloat32, {kN, 4}, Layout::kPanels64}})},
  };
  for (const auto& test : kCases) {
    EXPECT_THAT(test.result, StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr(test.error)));
  }
  GraphBuilder none(TestOps());
  none.Input("c", kRow);
  none.Input("x", kRow);
  WEFT_ASSERT_OK_AND_ASSIGN(const GraphPtr nothing, none.Build());
  EXPECT_THAT(infer(nothing, 1, 1, {kN}, in),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("the body gives 0 results for 1 carries")));
}

}  // namespace
}  // namespace weft
