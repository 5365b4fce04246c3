// Kernels of the family at every ISA level and number of shares: against the reference, against each other bit for bit,
// and fused against separate.
#include <cmath>
#include <cstring>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "core/testing/status_matchers.h"
#include "graph/exec/reference.h"
#include "gtest/gtest.h"
#include "ops/dense/dense.h"
#include "ops/dense/testing/kernel_run.h"
#include "ops/elementwise/elementwise.h"
#include "ops/shape/shape.h"

namespace weft {
namespace {

const TensorType kScalar{DType::kFloat32, {}};
const TensorType kBoolScalar{DType::kBool, {}};

AttrMap MatMulAttrs(bool ta = false, bool tb = false, int64_t chunk = 0) {
  return {{"transpose_a", ta}, {"transpose_b", tb}, {"chunk", chunk}};
}

// A body on f32 scalars, but for `masks` further bool inputs behind the others.
GraphPtr Body(int num_inputs, const std::function<std::vector<Value>(GraphBuilder&, std::vector<Value>)>& record,
              int masks = 0) {
  GraphBuilder builder(DenseTestRegistry());
  std::vector<Value> inputs;
  for (int i = 0; i < num_inputs + masks; ++i) {
    inputs.push_back(builder.Input(absl::StrCat("x", i), i < num_inputs ? kScalar : kBoolScalar));
  }
  int k = 0;
  for (Value y : record(builder, inputs)) builder.Output(absl::StrCat("y", k++), y);
  absl::StatusOr<GraphPtr> graph = builder.Build();
  WEFT_EXPECT_OK(graph.status());
  return *graph;
}

GraphPtr BiasRelu() {
  return Body(2, [](GraphBuilder&, std::vector<Value> x) { return std::vector<Value>{Relu(x[0] + x[1])}; });
}
// Hands out the pre-activation and a mask too.
GraphPtr ManyOutputs() {
  return Body(2, [](GraphBuilder&, std::vector<Value> x) {
    Value z = x[0] + x[1];
    return std::vector<Value>{z, Greater(z, 0.0), Tanh(z)};
  });
}
// RMSprop: product, w, v -> w, v.
GraphPtr Update() {
  return Body(3, [](GraphBuilder&, std::vector<Value> x) {
    Value v = x[2] * 0.9 + Square(x[0]) * 0.1;
    return std::vector<Value>{x[1] - x[0] * 0.01 / (Sqrt(v) + 1e-7), v};
  });
}

std::string Name(const std::vector<Tensor>& tensors) {
  std::string s;
  for (const Tensor& t : tensors) absl::StrAppend(&s, weft::Name(t.dtype()), DimsToString(t.dims()), " ");
  return s;
}

// Runs everywhere; returns the outputs, which are the same bits everywhere.
std::vector<Tensor> RunEverywhere(const RunSpec& spec) {
  std::vector<Tensor> first;
  for (const Target& target : TargetsToTest()) {
    SCOPED_TRACE(testing::Message() << spec.op << " " << Name(spec.inputs) << Describe(target));
    absl::StatusOr<std::vector<Tensor>> got = RunKernel(spec, target);
    WEFT_EXPECT_OK(got.status());
    if (!got.ok()) return {};
    if (first.empty()) first = *got;
    for (size_t k = 0; k < got->size(); ++k) {
      EXPECT_TRUE(BitEqual((*got)[k], first[k]))
          << "result " << k << ": " << (*got)[k].ToString() << "\n but first " << first[k].ToString();
    }
    if (testing::Test::HasFailure()) return first;
  }
  return first;
}

void ExpectNear(const Tensor& got, const Tensor& expected, double tolerance) {
  ASSERT_EQ(got.dims(), expected.dims());
  double scale = 0;
  for (int64_t i = 0; i < expected.num_elements(); ++i) scale = std::max(scale, std::abs(expected.AtDouble(i)));
  for (int64_t i = 0; i < got.num_elements(); ++i) {
    ASSERT_NEAR(got.AtDouble(i), expected.AtDouble(i), tolerance * scale) << "element " << i;
  }
}

void CheckAgainstReference(const RunSpec& spec) {
  const std::vector<Tensor> got = RunEverywhere(spec);
  ASSERT_FALSE(testing::Test::HasFailure());
  WEFT_ASSERT_OK_AND_ASSIGN(const std::vector<Tensor> expected, RunOpReference(spec));
  for (size_t k = 0; k < expected.size(); ++k) {
    SCOPED_TRACE(testing::Message() << spec.op << " " << Name(spec.inputs) << "result " << k);
    if (expected[k].dtype() == DType::kFloat32) ExpectNear(got[k], expected[k], 1e-5);
  }
}

void ExpectSameBits(const std::vector<Tensor>& a, const std::vector<Tensor>& b) {
  ASSERT_EQ(a.size(), b.size());
  for (size_t k = 0; k < a.size(); ++k) {
    ASSERT_TRUE(BitEqual(a[k], b[k])) << "result " << k << ": " << a[k].ToString() << "\n and " << b[k].ToString();
  }
}

class Random {
 public:
  explicit Random(uint32_t seed) : engine_(seed) {}
  int64_t Size() {
    constexpr int64_t kSizes[] = {1, 2, 3, 5, 6, 7, 15, 16, 17, 63, 64, 65, 100, 129};
    return kSizes[engine_() % std::size(kSizes)];
  }
  bool Coin() { return engine_() % 2; }
  uint32_t Seed() { return static_cast<uint32_t>(engine_()); }

 private:
  std::mt19937 engine_;
};

// Sums over so many rows that they are taken in blocks, for several panels at a time.
TEST(MatMulKernel, LongSumsOverRows) {
  const int64_t sizes[][3] = {{7, 600, 300}, {130, 65, 777}, {100, 520, 1030}, {65, 64, 513}, {300, 10, 600}};
  for (const auto& [m, n, k] : sizes) {
    for (int64_t chunk : {int64_t{0}, kRowChunk}) {
      CheckAgainstReference(
          {kMatMulOp, MatMulAttrs(true, false, chunk), {RandomTensor({k, m}, 1), RandomTensor({k, n}, 2)}});
    }
  }
}

TEST(MatMulKernel, OddSizes) {
  Random random(1);
  for (int round = 0; round < 40; ++round) {
    const int64_t m = random.Size(), n = random.Size(), k = random.Size();
    const bool ta = random.Coin(), tb = random.Coin();
    RunSpec spec{kMatMulOp,
                 MatMulAttrs(ta, tb, random.Coin() ? 0 : 16),
                 {RandomTensor(ta ? Dims{k, m} : Dims{m, k}, random.Seed()),
                  RandomTensor(tb ? Dims{n, k} : Dims{k, n}, random.Seed())}};
    CheckAgainstReference(spec);
    const std::vector<Tensor> row_major = RunEverywhere(spec);
    spec.layouts = {Layout::kRowMajor, Layout::kPanels64};
    ExpectSameBits(RunEverywhere(spec), row_major);
    ASSERT_FALSE(HasFailure());
  }
}

TEST(MatMulKernel, ManyRowsInChunks) {
  for (int64_t k : {255, 256, 257, 700}) {
    CheckAgainstReference(
        {kMatMulOp, MatMulAttrs(true, false, 256), {RandomTensor({k, 9}, 1), RandomTensor({k, 70}, 2)}});
    CheckAgainstReference(
        {kMatMulOp, MatMulAttrs(true, false, 256), {RandomTensor({k, 70}, 1), RandomTensor({k, 3}, 2)}});
  }
}

TEST(MatMulKernel, LeadingDims) {
  const auto check = [](Dims a, Dims b, bool ta = false, bool tb = false) {
    CheckAgainstReference({kMatMulOp, MatMulAttrs(ta, tb), {RandomTensor(a, 1), RandomTensor(b, 2)}});
  };
  check({4, 7, 5}, {4, 5, 70});
  check({2, 1, 7, 5}, {3, 5, 8});
  check({2, 3, 5, 7}, {3, 8, 5}, true, true);
  check({4, 7, 5}, {5, 70});
  check({2, 3, 7, 5}, {70, 5}, false, true);
  check({4, 5, 7}, {5, 70}, true);
  check({7, 5}, {9, 5, 6});
  check({3, 1, 5}, {3, 5, 1});
  check({0, 7, 5}, {5, 6});
  check({2, 7, 0}, {0, 6});
}

TEST(MatMulKernel, ARowAloneIsTheRowInABatch) {
  for (bool tb : {false, true}) {
    const int64_t m = 65, k = 129, n = 100;
    const Tensor a = RandomTensor({m, k}, 1), b = RandomTensor(tb ? Dims{n, k} : Dims{k, n}, 2);
    const Tensor bias = RandomTensor({n}, 3);
    AttrMap attrs = MatMulAttrs(false, tb).With("body", BiasRelu());
    const std::vector<Tensor> all = RunEverywhere({kMatMulEpilogueOp, attrs, {a, b, bias}});
    for (int64_t rows : {1, 2, 5, 7}) {
      const std::vector<Tensor> some = RunEverywhere({kMatMulEpilogueOp, attrs, {*a.Rows(7, 7 + rows), b, bias}});
      ASSERT_FALSE(HasFailure());
      EXPECT_TRUE(BitEqual(some[0], *all[0].Rows(7, 7 + rows)));
    }
  }
}

TEST(MatMulKernel, NanAndInfinitySpreadAlongTheirRowAndColumnOnly) {
  Tensor a = RandomTensor({9, 20}, 1), b = RandomTensor({20, 70}, 2);
  a.mutable_data<float>()[3 * 20 + 4] = std::numeric_limits<float>::quiet_NaN();
  b.mutable_data<float>()[5 * 70 + 69] = std::numeric_limits<float>::infinity();
  for (Layout layout : {Layout::kRowMajor, Layout::kPanels64}) {
    for (const Target& target : TargetsToTest()) {
      WEFT_ASSERT_OK_AND_ASSIGN(const std::vector<Tensor> y,
                                RunKernel({kMatMulOp, MatMulAttrs(), {a, b}, {Layout::kRowMajor, layout}}, target));
      for (int64_t i = 0; i < 9; ++i) {
        for (int64_t j = 0; j < 70; ++j) {
          const double v = y[0].AtDouble(i * 70 + j);
          EXPECT_EQ(std::isnan(v), i == 3) << i << ", " << j;
          EXPECT_EQ(std::isinf(v), i != 3 && j == 69) << i << ", " << j;
        }
      }
    }
  }
}

// The same as the product followed by the program alone.
void CheckFused(const RunSpec& fused) {
  const std::vector<Tensor> got = RunEverywhere(fused);
  ASSERT_FALSE(testing::Test::HasFailure());
  Target target = TargetsToTest()[0];
  const AttrMap& attrs = fused.attrs;
  WEFT_ASSERT_OK_AND_ASSIGN(
      const std::vector<Tensor> product,
      RunKernel({kMatMulOp,
                 MatMulAttrs(attrs.Bool("transpose_a"), attrs.Bool("transpose_b"), attrs.Int("chunk")),
                 {fused.inputs[0], fused.inputs[1]}},
                target));
  RunSpec program{"elementwise_program", {{"body", attrs.Function("body")}}, {product[0]}};
  for (size_t i = 2; i < fused.inputs.size(); ++i) program.inputs.push_back(fused.inputs[i]);
  WEFT_ASSERT_OK_AND_ASSIGN(const std::vector<Tensor> separate, RunKernel(program, target));
  SCOPED_TRACE(Name(fused.inputs));
  ExpectSameBits(got, separate);
}

TEST(MatMulEpilogueKernel, EqualsTheSeparateOps) {
  Random random(2);
  const GraphPtr bodies[] = {BiasRelu(), ManyOutputs()};
  for (int round = 0; round < 30; ++round) {
    const int64_t m = random.Size(), n = random.Size(), k = random.Size();
    const bool ta = random.Coin(), tb = random.Coin();
    const Tensor a = RandomTensor(ta ? Dims{k, m} : Dims{m, k}, 1), b = RandomTensor(tb ? Dims{n, k} : Dims{k, n}, 2);
    for (const Dims& extra : {Dims{n}, Dims{m, n}, Dims{m, 1}, Dims{1, n}, Dims{}, Dims{1, 1}}) {
      RunSpec spec{kMatMulEpilogueOp,
                   MatMulAttrs(ta, tb).With("body", bodies[round % 2]),
                   {a, b, RandomTensor(extra, 3)},
                   {Layout::kRowMajor, random.Coin() ? Layout::kPanels64 : Layout::kRowMajor}};
      CheckFused(spec);
      ASSERT_FALSE(HasFailure());
      if (extra == Dims{m, n}) {
        spec.in_place = {{0, 2}};
        CheckFused(spec);
        spec.layouts = {Layout::kRowMajor, Layout::kRowMajor, Layout::kPanels64};
        CheckFused(spec);
        ASSERT_FALSE(HasFailure());
      }
    }
  }
}

TEST(MatMulEpilogueKernel, ExtrasOfABatch) {
  const auto check = [](Dims a, Dims b, Dims extra, bool ta = false) {
    CheckFused({kMatMulEpilogueOp,
                MatMulAttrs(ta).With("body", ManyOutputs()),
                {RandomTensor(a, 1), RandomTensor(b, 2), RandomTensor(extra, 3)}});
    ASSERT_FALSE(testing::Test::HasFailure());
  };
  for (const Dims& extra :
       {Dims{70}, Dims{7, 70}, Dims{4, 1, 70}, Dims{4, 7, 1}, Dims{4, 1, 1}, Dims{1, 7, 1}, Dims{4, 7, 70}, Dims{}}) {
    check({4, 7, 5}, {5, 70}, extra);
    check({4, 7, 5}, {4, 5, 70}, extra);
    check({4, 5, 7}, {5, 70}, extra, true);
  }
  for (const Dims& extra : {Dims{2, 1, 1, 9}, Dims{3, 1, 9}, Dims{2, 3, 4, 1}, Dims{4, 9}}) {
    check({2, 3, 4, 5}, {5, 9}, extra);
    check({2, 1, 4, 5}, {3, 5, 9}, extra);
  }
}

TEST(MatMulEpilogueKernel, ExtrasOfOtherDTypes) {
  const GraphPtr body = Body(
      1,
      [](GraphBuilder&, std::vector<Value> x) {
        return std::vector<Value>{Select(x[1], x[0], 0.0), LogicalNot(x[1])};
      },
      1);
  for (const Dims& dims : {Dims{13, 70}, Dims{70}, Dims{13, 1}, Dims{}}) {
    Tensor mask = *Tensor::Create(DType::kBool, dims);
    for (int64_t i = 0; i < mask.num_elements(); ++i) mask.mutable_data<bool>()[i] = i % 3 == 0;
    CheckFused({kMatMulEpilogueOp,
                MatMulAttrs().With("body", body),
                {RandomTensor({13, 5}, 1), RandomTensor({5, 70}, 2), mask}});
  }
}

TEST(MatMulEpilogueKernel, AnUpdateOfWeightsInPanels) {
  for (const auto& [m, n, k] : {std::tuple(7, 70, 5), std::tuple(130, 64, 65), std::tuple(2, 10, 64),
                                std::tuple(1, 200, 9), std::tuple(40, 129, 300)}) {
    RunSpec spec{
        kMatMulEpilogueOp,
        MatMulAttrs(true, false, 256).With("body", Update()),
        {RandomTensor({k, m}, 1), RandomTensor({k, n}, 2), RandomTensor({m, n}, 3), RandomTensor({m, n}, 4, 0, 1)},
        {},
        {{0, 2}, {1, 3}}};
    CheckFused(spec);
    spec.layouts = {Layout::kRowMajor, Layout::kRowMajor, Layout::kPanels64, Layout::kPanels64};
    CheckFused(spec);
    spec.in_place = {{0, 3}};
    CheckFused(spec);
  }
}

TEST(MatMulEpilogueKernel, PaddingStaysZeroWhateverTheBodyDoes) {
  const GraphPtr body = Body(2, [](GraphBuilder&, std::vector<Value> x) {
    return std::vector<Value>{Cos(x[1]) / x[0], Exp(x[1])};
  });
  for (int64_t m : {1, 4, 30}) {
    RunSpec spec{kMatMulEpilogueOp,
                 MatMulAttrs().With("body", body),
                 {RandomTensor({m, 5}, 1), RandomTensor({5, 70}, 2), RandomTensor({m, 70}, 3)},
                 {Layout::kRowMajor, Layout::kRowMajor, Layout::kPanels64}};
    RunEverywhere(spec);  // which checks the padding
    spec.in_place = {{1, 2}};
    RunEverywhere(spec);
  }
}

TEST(DenseUpdateKernel, EqualsTheSeparateOps) {
  for (const auto& [rows, m, n] : {std::tuple(64, 65, 130), std::tuple(300, 7, 10), std::tuple(5, 129, 1),
                                   std::tuple(1, 3, 64), std::tuple(256, 2, 20), std::tuple(600, 40, 200)}) {
    const Tensor a = RandomTensor({rows, m}, 1), b = RandomTensor({rows, n}, 2);
    const Tensor w = RandomTensor({m, n}, 3), v = RandomTensor({m, n}, 4, 0, 1);
    const Tensor bias = RandomTensor({n}, 5), bias_v = RandomTensor({n}, 6, 0, 1);
    const AttrMap attrs = MatMulAttrs(true, false, 256).With("body", Update());
    for (Layout layout : {Layout::kRowMajor, Layout::kPanels64}) {
      SCOPED_TRACE(testing::Message() << rows << " " << m << " " << n << " " << Name(layout));
      RunSpec both{kDenseUpdateOp,
                   attrs.With("sum_body", Update()).With("num_body_extras", int64_t{2}),
                   {a, b, w, v, bias, bias_v},
                   {Layout::kRowMajor, Layout::kRowMajor, layout, layout},
                   {{0, 2}, {1, 3}, {2, 4}, {3, 5}}};
      const std::vector<Tensor> got = RunEverywhere(both);
      ASSERT_FALSE(HasFailure());
      const std::vector<Tensor> product = RunEverywhere({kMatMulEpilogueOp, attrs, {a, b, w, v}});
      const std::vector<Tensor> sums =
          RunEverywhere({"reduce_sum", {{"axes", std::vector<int64_t>{0}}, {"keepdims", false}}, {b}});
      const std::vector<Tensor> bias_update =
          RunEverywhere({"elementwise_program", {{"body", Update()}}, {sums[0], bias, bias_v}});
      ASSERT_FALSE(HasFailure());
      ExpectSameBits(got, {product[0], product[1], bias_update[0], bias_update[1]});
      ASSERT_FALSE(HasFailure());
      CheckAgainstReference(both);
    }
  }
}

TEST(DenseUpdateKernel, BodiesThatOnlyHandOn) {
  const GraphPtr identity = Body(1, [](GraphBuilder&, std::vector<Value> x) { return x; });
  const Tensor a = RandomTensor({70, 13}, 1), b = RandomTensor({70, 67}, 2);
  const std::vector<Tensor> got = RunEverywhere({kDenseUpdateOp,
                                                 MatMulAttrs(true, false, 256)
                                                     .With("body", identity)
                                                     .With("sum_body", identity)
                                                     .With("num_body_extras", int64_t{0}),
                                                 {a, b}});
  const std::vector<Tensor> product = RunEverywhere({kMatMulOp, MatMulAttrs(true, false, 256), {a, b}});
  const std::vector<Tensor> sums =
      RunEverywhere({"reduce_sum", {{"axes", std::vector<int64_t>{0}}, {"keepdims", false}}, {b}});
  ASSERT_FALSE(HasFailure());
  ExpectSameBits(got, {product[0], sums[0]});
}

TEST(DenseKernels, Float64AndIntegersRunOnTheReference) {
  Tensor a = *Tensor::Create(DType::kInt32, {2, 2});
  RunSpec spec{kMatMulOp, MatMulAttrs(), {a, a}};
  EXPECT_THAT(RunKernel(spec, TargetsToTest()[0]),
              StatusIs(absl::StatusCode::kInternal, testing::HasSubstr("no kernel")));
}

}  // namespace
}  // namespace weft
