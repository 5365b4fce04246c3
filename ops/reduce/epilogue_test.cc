// reduce_epilogue: made by the fuse pass, with the bits of the separate ops.
#include "core/testing/status_matchers.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "ops/all_ops.h"
#include "ops/elementwise/elementwise.h"
#include "ops/reduce/reduce.h"
#include "ops/testing/fusion.h"

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

TEST(ReduceEpilogue, HasTheBitsOfTheSeparateOps) {
  for (const EpilogueCase& c :
       {EpilogueCase{"bias", {64, 512}, {0}, false, {512}}, EpilogueCase{"odd", {300, 77}, {0}, false, {77}},
        EpilogueCase{"mean", {1000}, {0}, false, {}}, EpilogueCase{"rows", {130, 33}, {1}, true, {130, 1}},
        EpilogueCase{"periodic", {5, 7, 67}, {1}, false, {67}}, EpilogueCase{"column", {5, 7, 67}, {1}, false, {5, 1}},
        EpilogueCase{"many", {3, 5000}, {0}, false, {5000}}, EpilogueCase{"nothing", {3, 0}, {0}, false, {0}}}) {
    SCOPED_TRACE(c.name);
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
    EXPECT_EQ(CountNodes(*fused, "reduce_epilogue"), 1);
    EXPECT_EQ(CountNodes(*fused, "reduce_sum"), 0);
    ExpectSameResults(*graph, *fused, InputsFor(*graph, c.name));
  }
}

TEST(ReduceEpilogue, ChecksItsBody) {
  const GraphPtr body = ScalarBody(1, [](absl::Span<const Value> x) { return Neg(x[0]); });
  const GraphPtr both = ScalarBody(2, [](absl::Span<const Value> x) { return x[0] + x[1]; });
  const auto record = [](const TensorType& x, std::vector<TensorType> extras, const GraphPtr& function) {
    extras.insert(extras.begin(), x);
    return RecordingError("reduce_epilogue", extras,
                          {{"axes", std::vector<int64_t>{0}}, {"keepdims", false}, {"body", function}});
  };
  EXPECT_EQ(record({DType::kFloat32, {4, 3}}, {}, body), "");
  EXPECT_THAT(record({DType::kFloat64, {4, 3}}, {}, body), HasSubstr("input 0 of the body: expected f32, got f64[3]"));
  EXPECT_THAT(record({DType::kFloat32, {4, 3}}, {{DType::kFloat32, {3}}}, body),
              HasSubstr("expected 2 inputs (the sum, and one per extra operand), got 1"));
  EXPECT_THAT(record({DType::kFloat32, {4, 3}}, {}, nullptr), HasSubstr("body"));
  EXPECT_THAT(record({DType::kFloat32, {4, 3}}, {{DType::kFloat32, {2, 3}}}, both),
              HasSubstr("operand 1: expected a row-major tensor that broadcasts to the sum's [3], got f32[2,3]"));
}

}  // namespace
}  // namespace weft
