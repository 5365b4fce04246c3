// Recording, values at the edges, and the order of sums, bit for bit. Kernels against the reference and gradients: by
// the sweeps over the family's cases.
#include "ops/reduce/reduce.h"

#include <cmath>
#include <limits>

#include "absl/strings/str_join.h"
#include "core/philox.h"
#include "core/testing/status_matchers.h"
#include "gmock/gmock.h"
#include "graph/autodiff/gradients.h"
#include "graph/exec/reference.h"
#include "gtest/gtest.h"
#include "ops/all_ops.h"
#include "ops/elementwise/elementwise.h"
#include "ops/reduce/cases.h"
#include "ops/shape/shape.h"
#include "ops/testing/family_sweep.h"
#include "ops/testing/record_and_run.h"
#include "ops/testing/recording.h"
#include "ops/testing/targets.h"

namespace weft {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsNan;

constexpr float kInf = std::numeric_limits<float>::infinity();
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

TEST(ReduceSweep, KernelsEqualTheReference) { EXPECT_EQ(SweepFamilyKernels(AllOps(), "reduce", AddReduceCases), ""); }
TEST(ReduceSweep, Gradients) { EXPECT_EQ(SweepFamilyGradients(AllOps(), "reduce", AddReduceCases), ""); }

// ---- recording

using Recording = RecordingTest;

TEST_F(Recording, Types) {
  Value x = In("f32[n,4,m]");
  EXPECT_EQ(Type(ReduceSum(x)), "f32[]");
  EXPECT_EQ(Type(ReduceSum(x, {.keepdims = true})), "f32[1,1,1]");
  EXPECT_EQ(Type(ReduceMax(x, {.axes = {-1}})), "f32[n,4]");
  EXPECT_EQ(Type(ReduceMin(x, {.axes = {0, 2}})), "f32[4]");
  EXPECT_EQ(Type(ReduceProd(x, {.axes = {2, 0}, .keepdims = true})), "f32[1,4,1]");
  EXPECT_EQ(Type(ReduceMean(x, {.axes = {0}})), "f32[4,m]");
  EXPECT_EQ(Type(LogSumExp(x, {.axes = {0, 2}})), "f32[4]");
  EXPECT_EQ(Type(LogSumExp(x, {.axes = {1}, .keepdims = true})), "f32[n,1,m]");
  EXPECT_EQ(Type(ArgMax(x, 1)), "i64[n,m]");
  EXPECT_EQ(Type(ArgMin(In("bool[5]"))), "i64[]");
  EXPECT_EQ(Type(CumSum(In("u8[n,3]"), -1)), "u8[n,3]");
  EXPECT_EQ(Type(ReduceSum(In("f32[]"))), "f32[]");
  EXPECT_EQ(Type(ReduceMax(In("bool[n]"))), "bool[]");
  EXPECT_EQ(Error(), "");
}

TEST_F(Recording, NeighboursAreOneNodeAndGroupsANodeEach) {
  ReduceSum(In("f32[2,3,4,5,6]"), {.axes = {1, 2}});
  EXPECT_EQ(Nodes("reduce_sum"), 1);
  ReduceSum(In("f32[2,3,4,5,6]"), {.axes = {4, 0, 2, 3}});
  EXPECT_EQ(Nodes("reduce_sum"), 3);
  // The last group first.
  EXPECT_THAT(b_.graph().nodes().back().attrs->Ints("axes"), ElementsAre(0));
}

TEST_F(Recording, SumToShape) {
  EXPECT_EQ(Type(SumToShape(In("f32[n,3,4]"), {3, 1})), "f32[3,1]");
  EXPECT_EQ(Type(SumToShape(In("f32[n,3,4]"), {})), "f32[]");
  EXPECT_EQ(Type(SumToShape(In("f32[n,1]"), {1})), "f32[1]");
  EXPECT_EQ(Type(SumToShape(In("f32[1,n,1]"), {1, Dim::Symbol("n"), 1})), "f32[1,n,1]");
  EXPECT_EQ(Type(SumToShape(In("f32[1,n,1]"), {Dim::Symbol("n"), 1})), "f32[n,1]");
  EXPECT_EQ(Error(), "");
}

TEST_F(Recording, AxesTwice) {
  EXPECT_EQ(Type(ReduceSum(In("f32[2,3]"), {.axes = {1, -1}})), "error");
  EXPECT_THAT(Error(), HasSubstr("reduce_sum of f32[2,3]"));
  EXPECT_THAT(Error(), HasSubstr("axis 1 is given twice"));
}
TEST_F(Recording, AxesOutOfRange) {
  ReduceMax(In("f32[2,3]"), {.axes = {2}});
  EXPECT_THAT(Error(), HasSubstr("axis 2 is out of range: expected an axis in [-2, 2)"));
}
TEST_F(Recording, NodesTakeNeighboursOnly) {
  b_.Record1("reduce_sum", {In("f32[2,3,4]")}, {{"axes", std::vector<int64_t>{0, 2}}}, SourceLocation::current());
  EXPECT_THAT(Error(), HasSubstr("expected neighbouring axes in [0, 3), at least one, got [0,2]"));
}
TEST_F(Recording, SumOfBool) {
  ReduceSum(In("bool[3]"));
  EXPECT_THAT(Error(), HasSubstr("expected a number type, got bool[3]: Cast it first"));
}
TEST_F(Recording, MeanOfIntegers) {
  ReduceMean(In("i32[3]"));
  EXPECT_THAT(Error(), HasSubstr("expected f32 or f64, got i32[3]: Cast it first"));
}
TEST_F(Recording, ArgMaxOfNothing) {
  ArgMax(In("f32[3,0]"));
  EXPECT_THAT(Error(), HasSubstr("at least one element along axis 1, got f32[3,0]"));
}
TEST_F(Recording, ErrorsAndAbsentOperandsAreHandedOn) {
  EXPECT_TRUE(ReduceSum(Value()).absent());
  EXPECT_TRUE(ReduceMean(Value()).absent());
  Value error = ReduceSum(In("bool[3]"));
  const std::string first = Error();
  for (Value v : {ReduceSum(error), ReduceMean(error), LogSumExp(error), ArgMax(error), CumSum(error, 0),
                  SumToShape(error, {})}) {
    EXPECT_FALSE(v.ok());
  }
  EXPECT_EQ(Error(), first);
}

// ---- values

using Record = std::function<Value(Value)>;

Tensor OnKernels(const Tensor& x, const Record& record, Isa isa = Isa::kBaseline, int shares = 1) {
  absl::StatusOr<std::vector<Tensor>> y = RecordAndRun(
      {x}, [&](absl::Span<const Value> in) { return std::vector<Value>{record(in[0])}; }, TargetOf(isa, shares));
  WEFT_EXPECT_OK(y.status());
  return y.ok() ? (*y)[0] : Tensor();
}

Tensor F32(const Dims& dims, std::vector<float> values) { return *Tensor::FromVector<float>(values, dims); }

TEST(ReduceValues, OfNothing) {
  const Tensor none = F32({0, 2}, {});
  EXPECT_THAT(OnKernels(none, [](Value x) { return ReduceSum(x, {.axes = {0}}); }).data<float>(), ElementsAre(0, 0));
  EXPECT_THAT(OnKernels(none, [](Value x) { return ReduceProd(x, {.axes = {0}}); }).data<float>(), ElementsAre(1, 1));
  EXPECT_THAT(OnKernels(none, [](Value x) { return ReduceMax(x, {.axes = {0}}); }).data<float>(),
              ElementsAre(-kInf, -kInf));
  EXPECT_THAT(OnKernels(none, [](Value x) { return ReduceMin(x); }).data<float>(), ElementsAre(kInf));
  EXPECT_FALSE(std::signbit(OnKernels(none, [](Value x) { return ReduceSum(x); }).data<float>()[0]));
  const Tensor ints = *Tensor::Create(DType::kInt32, {0});
  EXPECT_THAT(OnKernels(ints, [](Value x) { return ReduceMax(x); }).data<int32_t>(), ElementsAre(INT32_MIN));
  EXPECT_THAT(OnKernels(ints, [](Value x) { return ReduceMin(x); }).data<int32_t>(), ElementsAre(INT32_MAX));
  const Tensor bools = *Tensor::Create(DType::kBool, {0});
  EXPECT_THAT(OnKernels(bools, [](Value x) { return ReduceMax(x); }).data<bool>(), ElementsAre(false));
  EXPECT_THAT(OnKernels(bools, [](Value x) { return ReduceMin(x); }).data<bool>(), ElementsAre(true));
}

TEST(ReduceValues, ExtremaWithNanAndZeros) {
  const Tensor x = F32({3, 3}, {1, kNan, 3, -0.0f, 0.0f, -0.0f, -kInf, kInf, 2});
  const Tensor max = OnKernels(x, [](Value v) { return ReduceMax(v, {.axes = {1}}); });
  const Tensor min = OnKernels(x, [](Value v) { return ReduceMin(v, {.axes = {1}}); });
  EXPECT_THAT(max.data<float>(), ElementsAre(IsNan(), 0, kInf));
  EXPECT_THAT(min.data<float>(), ElementsAre(IsNan(), 0, -kInf));
  EXPECT_FALSE(std::signbit(max.data<float>()[1]));
  EXPECT_TRUE(std::signbit(min.data<float>()[1]));
}

TEST(ReduceValues, ArgMaxTakesTheFirstAndNanWins) {
  const Tensor x = F32({4, 4}, {1, 3, 3, 2, 5, kNan, 9, kNan, 0.0f, -0.0f, 0, -0.0f, -kInf, -kInf, -kInf, -kInf});
  EXPECT_THAT(OnKernels(x, [](Value v) { return ArgMax(v); }).data<int64_t>(), ElementsAre(1, 1, 0, 0));
  EXPECT_THAT(OnKernels(x, [](Value v) { return ArgMin(v); }).data<int64_t>(), ElementsAre(0, 1, 0, 0));
  EXPECT_THAT(OnKernels(x, [](Value v) { return ArgMax(v, 0); }).data<int64_t>(), ElementsAre(1, 1, 1, 1));
}

TEST(ReduceValues, LogSumExpDoesNotOverflow) {
  const Tensor x = F32({4, 2}, {1000, 1000, -1000, -1001, -kInf, -kInf, kInf, 0});
  const Tensor y = OnKernels(x, [](Value v) { return LogSumExp(v, {.axes = {1}}); });
  EXPECT_FLOAT_EQ(y.data<float>()[0], 1000.6931f);
  EXPECT_FLOAT_EQ(y.data<float>()[1], -999.68674f);
  EXPECT_EQ(y.data<float>()[2], -kInf);
  EXPECT_EQ(y.data<float>()[3], kInf);
}

TEST(ReduceValues, MeanOverASymbolicBatch) {
  GraphBuilder b(AllOps());
  b.Output("y", ReduceMean(b.Input("x", {DType::kFloat32, {Dim::Symbol("n"), 2}}), {.axes = {0}}));
  WEFT_ASSERT_OK_AND_ASSIGN(GraphPtr graph, b.Build());
  WEFT_ASSERT_OK_AND_ASSIGN(ReferenceResult result, RunReference(*graph, {F32({3, 2}, {1, 2, 3, 4, 8, 6})}));
  EXPECT_THAT(result.outputs[0].data<float>(), ElementsAre(4, 4));
}

TEST(ReduceValues, TiesShareTheGradient) {
  GraphBuilder b(AllOps());
  Value x = b.Input("x", {DType::kFloat32, {2, 3}});
  WEFT_ASSERT_OK_AND_ASSIGN(std::vector<Value> dx, Gradients({ReduceMax(x, {.axes = {1}})}, {x}));
  b.Output("dx", dx[0]);
  WEFT_ASSERT_OK_AND_ASSIGN(GraphPtr graph, b.Build());
  WEFT_ASSERT_OK_AND_ASSIGN(ReferenceResult result, RunReference(*graph, {F32({2, 3}, {5, 1, 5, 2, 3, 1})}));
  EXPECT_THAT(result.outputs[0].data<float>(), ElementsAre(0.5f, 0, 0.5f, 0, 1, 0));
}

// The symbolic path, which the sweep (static shapes) does not take: first and second order, with zeros in the product.
TEST(ReduceValues, GradientOfAProductOverASymbolicAxis) {
  auto gradients = [](const Shape& shape, const Tensor& input) {
    GraphBuilder b(AllOps());
    Value x = b.Input("x", {DType::kFloat64, shape});
    absl::StatusOr<std::vector<Value>> dx = Gradients({ReduceProd(x, {.axes = {1}})}, {x});
    WEFT_EXPECT_OK(dx.status());
    absl::StatusOr<std::vector<Value>> ddx = Gradients({ReduceSum(Square((*dx)[0]))}, {x});
    WEFT_EXPECT_OK(ddx.status());
    b.Output("dx", (*dx)[0]);
    b.Output("ddx", (*ddx)[0]);
    absl::StatusOr<GraphPtr> graph = b.Build();
    WEFT_EXPECT_OK(graph.status());
    absl::StatusOr<ReferenceResult> result = RunReference(**graph, {input});
    WEFT_EXPECT_OK(result.status());
    return result->outputs;
  };
  const Tensor x = *Tensor::FromVector<double>({2, 3, 5, 0, 4, 7, 0, 0, 6}, {3, 3});
  const std::vector<Tensor> symbolic = gradients({3, Dim::Symbol("n")}, x), fixed = gradients({3, 3}, x);
  EXPECT_THAT(fixed[0].data<double>(), ElementsAre(15, 10, 6, 28, 0, 0, 0, 0, 0));
  for (int order : {0, 1}) {
    for (int64_t i = 0; i < 9; ++i) EXPECT_DOUBLE_EQ(symbolic[order].AtDouble(i), fixed[order].AtDouble(i)) << order;
  }
  // d/dx0 of (x1 x2)^2 + (x0 x2)^2 + (x0 x1)^2 = 2 x0 (x1^2 + x2^2)
  EXPECT_DOUBLE_EQ(fixed[1].AtDouble(0), 2 * 2 * (9 + 25));
  EXPECT_DOUBLE_EQ(fixed[1].AtDouble(3), 0);
  EXPECT_DOUBLE_EQ(fixed[1].AtDouble(4), 2 * 4 * 49);
}

// ---- the order of sums, written out once more in plain code

float LaneSum(const float* x, int64_t n) {
  float lanes[64];
  for (float& lane : lanes) lane = -0.0f;
  for (int64_t i = 0; i < n; ++i) lanes[i % 64] += x[i];
  for (int half = 32; half > 0; half /= 2) {
    for (int i = 0; i < half; ++i) lanes[i] += lanes[i + half];
  }
  return lanes[0];
}

float ChunkSum(const float* x, int64_t n, int64_t stride) {
  float total = 0;
  for (int64_t begin = 0; begin < n; begin += 256) {
    float chunk = 0;
    for (int64_t i = begin; i < std::min(n, begin + 256); ++i) chunk += x[i * stride];
    total += chunk;
  }
  return total;
}

Tensor Random(const Dims& dims) {
  Tensor t = *Tensor::Create(DType::kFloat32, dims);
  PhiloxStream random(7);
  for (float& v : t.mutable_data<float>()) v = static_cast<float>(std::ldexp(random.Uniform() - 0.5, random.Below(30)));
  return t;
}

TEST(ReduceOrder, IsTheDocumentedOne) {
  for (int64_t rows : {1, 5, 255, 256, 257, 600}) {
    for (int64_t columns : {1, 7, 64, 100, 300}) {
      const Tensor x = Random({rows, columns});
      const float* data = x.data<float>().data();
      for (Isa isa : HostIsas()) {
        for (int shares : {1, 3}) {
          const Tensor last = OnKernels(
              x, [](Value v) { return ReduceSum(v, {.axes = {1}}); }, isa, shares);
          const Tensor first = OnKernels(
              x, [](Value v) { return ReduceSum(v, {.axes = {0}}); }, isa, shares);
          const Tensor all = OnKernels(
              x, [](Value v) { return ReduceSum(v); }, isa, shares);
          for (int64_t r = 0; r < rows; ++r) {
            ASSERT_EQ(last.data<float>()[r], LaneSum(data + r * columns, columns))
                << Name(isa) << " " << rows << "x" << columns;
          }
          for (int64_t c = 0; c < columns; ++c) {
            ASSERT_EQ(first.data<float>()[c], ChunkSum(data + c, rows, columns))
                << Name(isa) << " " << rows << "x" << columns;
          }
          ASSERT_EQ(all.data<float>()[0], LaneSum(data, rows * columns));
        }
      }
    }
  }
}

TEST(ReduceOrder, GroupsFromTheLast) {
  const Tensor x = Random({300, 3, 70});
  std::vector<float> inner(900);
  for (int64_t r = 0; r < 900; ++r) inner[r] = LaneSum(x.data<float>().data() + r * 70, 70);
  const Tensor y = OnKernels(
      x,
      [](Value v) {
        return ReduceSum(v, {.axes = {0, 2}});
      },
      HostIsas().back(), 2);
  for (int64_t c = 0; c < 3; ++c) EXPECT_EQ(y.data<float>()[c], ChunkSum(inner.data() + c, 300, 3));
}

TEST(ReduceOrder, MicroBatchesOfAChunkAddUpToTheBitsOfTheWhole) {
  const Tensor whole = Random({1024, 37});
  auto sum = [](const Tensor& x) { return OnKernels(x, [](Value v) { return ReduceSum(v, {.axes = {0}}); }); };
  std::vector<float> total(37, 0.0f);
  for (int64_t begin = 0; begin < 1024; begin += 256) {
    const Tensor part = sum(*whole.Rows(begin, begin + 256));
    for (int64_t c = 0; c < 37; ++c) total[c] += part.data<float>()[c];
  }
  EXPECT_THAT(sum(whole).data<float>(), ::testing::ElementsAreArray(total));
}

}  // namespace
}  // namespace weft
