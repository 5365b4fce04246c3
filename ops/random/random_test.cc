// Kernels against the reference: by the sweep over the family's cases. Then what the numbers depend on, and how they
// are distributed.
#include "ops/random/random.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_join.h"
#include "core/philox.h"
#include "core/testing/status_matchers.h"
#include "gmock/gmock.h"
#include "graph/autodiff/gradients.h"
#include "graph/exec/reference.h"
#include "graph/passes/passes.h"
#include "gtest/gtest.h"
#include "ops/all_ops.h"
#include "ops/elementwise/elementwise.h"
#include "ops/random/cases.h"
#include "ops/shape/shape.h"
#include "ops/testing/family_sweep.h"
#include "ops/testing/kernel_sweep.h"
#include "ops/testing/record_and_run.h"
#include "ops/testing/targets.h"

namespace weft {
namespace {

using ::testing::HasSubstr;

TEST(RandomSweep, KernelsEqualTheReference) { EXPECT_EQ(SweepFamilyKernels(AllOps(), "random", AddRandomCases), ""); }

using Record = std::function<Value(Value key, Value step, const TensorType& type)>;

Tensor Draw(const Record& record, const TensorType& type, int64_t key, int64_t step, Isa isa = HostIsas().back(),
            int shares = 1) {
  absl::StatusOr<std::vector<Tensor>> y = RecordAndRun(
      {Tensor::ScalarInt(DType::kInt64, key), Tensor::ScalarInt(DType::kInt64, step)},
      [&](absl::Span<const Value> in) { return std::vector<Value>{record(in[0], in[1], type)}; },
      TargetOf(isa, shares));
  WEFT_EXPECT_OK(y.status());
  return y.ok() ? (*y)[0] : Tensor();
}

Record Uniform(RandomUniformOptions options = {}) {
  return [options](Value key, Value step, const TensorType& type) { return RandomUniform(key, step, type, options); };
}
Record Normal(RandomNormalOptions options = {}) {
  return [options](Value key, Value step, const TensorType& type) { return RandomNormal(key, step, type, options); };
}
Record Truncated(RandomNormalOptions options = {}) {
  return [options](Value key, Value step, const TensorType& type) { return TruncatedNormal(key, step, type, options); };
}

TensorType F32(int64_t n) { return {DType::kFloat32, {n}}; }

std::vector<double> Doubles(const Tensor& t) {
  std::vector<double> values;
  for (int64_t i = 0; i < t.num_elements(); ++i) values.push_back(t.AtDouble(i));
  return values;
}

// ---- what the numbers depend on

TEST(RandomUniform, IsPhiloxByPosition) {
  const int64_t key = -0x123456789ABCDEFLL, step = 0x7000000012345678LL, stream = 0xABCDEF;
  const Tensor y = Draw(Uniform({.stream = stream}), F32(1001), key, step);
  for (uint64_t i = 0; i < 1001; ++i) {
    const PhiloxBlock words =
        Philox4x32({static_cast<uint32_t>(key), static_cast<uint32_t>(static_cast<uint64_t>(key) >> 32)},
                   {static_cast<uint32_t>(i / 4), 0xABCDEF00u, 0x12345678u, 0x70000000u});
    ASSERT_EQ(y.data<float>()[i], static_cast<float>(words[i % 4] >> 8) / 16777216.0f) << i;
  }
}

// The bits are part of what a seed means: they never change.
TEST(RandomUniform, GoldenValues) {
  const Tensor y = Draw(Uniform({.stream = 5}), F32(5), 42, 7);
  const float golden[] = {0x1.a6116p-4f, 0x1.1a03p-6f, 0x1.cdf4dcp-2f, 0x1.59f5c4p-1f, 0x1.138d88p-2f};
  for (int i = 0; i < 5; ++i) EXPECT_EQ(y.data<float>()[i], golden[i]);
}

TEST(RandomUniform, ALargerTensorBeginsWithTheSmallerOneWhateverTheShape) {
  const Tensor ten = Draw(Uniform({.stream = 1}), F32(10), 1, 2), six = Draw(Uniform({.stream = 1}), F32(6), 1, 2);
  const Tensor matrix = Draw(Uniform({.stream = 1}), {DType::kFloat32, {5, 2}}, 1, 2);
  for (int i = 0; i < 10; ++i) {
    if (i < 6) {
      EXPECT_EQ(six.data<float>()[i], ten.data<float>()[i]);
    }
    EXPECT_EQ(matrix.data<float>()[i], ten.data<float>()[i]);
  }
}

TEST(RandomUniform, KeyStepAndStreamMakeADifferenceInEveryBit) {
  const Tensor base = Draw(Uniform({.stream = 3}), F32(64), 10, 20);
  auto equal_elements = [&](const Tensor& other) {
    int n = 0;
    for (int i = 0; i < 64; ++i) n += base.data<float>()[i] == other.data<float>()[i];
    return n;
  };
  for (int bit = 0; bit < 64; ++bit) {
    const int64_t flip = static_cast<int64_t>(uint64_t{1} << bit);
    EXPECT_LE(equal_elements(Draw(Uniform({.stream = 3}), F32(64), 10 ^ flip, 20)), 1);
    EXPECT_LE(equal_elements(Draw(Uniform({.stream = 3}), F32(64), 10, 20 ^ flip)), 1);
    if (bit >= 24) continue;
    EXPECT_LE(equal_elements(Draw(Uniform({.stream = 3 ^ flip}), F32(64), 10, 20)), 1);
  }
}

TEST(RandomUniform, StreamsAreNumberedByRecording) {
  GraphBuilder b(AllOps());
  Value key = b.Input("key", {DType::kInt64, {}}), step = b.Input("step", {DType::kInt64, {}});
  for (int64_t i = 0; i < 3; ++i) {
    Value u = RandomUniform(key, step, F32(4));
    EXPECT_EQ(b.producer(u).attrs->Int("stream"), i);
  }
}

TEST(RandomUniform, Float64HasTheSameValues) {
  const Tensor single = Draw(Uniform({.stream = 0}), F32(40), 1, 2);
  const Tensor wide = Draw(Uniform({.stream = 0}), {DType::kFloat64, {40}}, 1, 2);
  for (int i = 0; i < 40; ++i) EXPECT_EQ(wide.AtDouble(i), single.AtDouble(i));
}

TEST(RandomUniform, IsNotFoldedOrMerged) {
  GraphBuilder b(AllOps());
  Value key = Constant(b, Tensor::ScalarInt(DType::kInt64, 1)), step = Constant(b, Tensor::ScalarInt(DType::kInt64, 2));
  b.Output("a", RandomUniform(key, step, F32(4)));
  b.Output("b", RandomUniform(key, step, F32(4)));
  WEFT_ASSERT_OK_AND_ASSIGN(GraphPtr graph, b.Build());
  auto module = std::make_shared<Module>(AllOps());
  WEFT_ASSERT_OK(module->AddFunction("f", graph));
  std::shared_ptr<const Module> current = module;
  for (const Pass& pass : {FoldPass(), SimplifyPass(), CsePass(), DcePass()}) {
    WEFT_ASSERT_OK_AND_ASSIGN(PassResult result, pass.run(current, Target()));
    current = result.module;
  }
  int n = 0;
  const GraphPtr optimized = current->FindFunction("f");
  for (const Node& node : optimized->nodes()) n += node.op->name == "random_uniform";
  EXPECT_EQ(n, 2);
}

TEST(RandomUniform, NoGradientFlowsButItPassesBy) {
  GraphBuilder b(AllOps());
  Value key = b.Input("key", {DType::kInt64, {}}), step = b.Input("step", {DType::kInt64, {}});
  Value x = b.Input("x", F32(4)), mask = RandomBernoulli(key, step, F32(4));
  WEFT_ASSERT_OK_AND_ASSIGN(std::vector<Value> dx, Gradients({Mul(x, mask)}, {x}));
  b.Output("dx", dx[0]);
  b.Output("mask", mask);
  WEFT_ASSERT_OK_AND_ASSIGN(GraphPtr graph, b.Build());
  WEFT_ASSERT_OK_AND_ASSIGN(ReferenceResult result, RunReference(*graph, {Tensor::ScalarInt(DType::kInt64, 1),
                                                                          Tensor::ScalarInt(DType::kInt64, 2),
                                                                          *Tensor::Create(DType::kFloat32, {4})}));
  EXPECT_TRUE(BitEqual(result.outputs[0], result.outputs[1]));
}

TEST(RandomErrors, AreNamed) {
  auto error = [](const TensorType& key_type, const TensorType& type, int64_t stream) {
    GraphBuilder b(AllOps());
    RandomUniform(b.Input("key", key_type), b.Input("step", {DType::kInt64, {}}), type, {.stream = stream});
    return std::string(b.status().message());
  };
  const TensorType scalar{DType::kInt64, {}};
  EXPECT_THAT(error({DType::kInt32, {}}, F32(3), 0), HasSubstr("key: expected an i64 scalar, got i32[]"));
  EXPECT_THAT(error(scalar, {DType::kInt32, {3}}, 0), HasSubstr("expected f32 or f64, row-major, got i32[3]"));
  EXPECT_THAT(error(scalar, F32(3), kMaxRandomStream + 1),
              HasSubstr("attribute stream: expected a number in [0, 16777215]"));
  EXPECT_THAT(error(scalar, F32(3), -2), HasSubstr("got -2"));
  EXPECT_TRUE(RandomUniform(Value(), Value(), F32(3)).absent());
}

// ---- distributions

struct Moments {
  double mean = 0, variance = 0, low = 1e300, high = -1e300;
};
Moments MomentsOf(const std::vector<double>& values) {
  Moments m;
  for (double v : values) m.mean += v;
  m.mean /= static_cast<double>(values.size());
  for (double v : values) {
    m.variance += (v - m.mean) * (v - m.mean);
    m.low = std::min(m.low, v);
    m.high = std::max(m.high, v);
  }
  m.variance /= static_cast<double>(values.size());
  return m;
}

// The largest distance between the empirical distribution function and `cdf`, times sqrt(n): above 1.95 in one sample
// of a thousand (Kolmogorov). Seeds are fixed, so a test either always passes or never.
double KolmogorovSmirnov(std::vector<double> values, const std::function<double(double)>& cdf) {
  std::sort(values.begin(), values.end());
  const double n = static_cast<double>(values.size());
  double distance = 0;
  for (size_t i = 0; i < values.size(); ++i) {
    const double f = cdf(values[i]), at = static_cast<double>(i);
    distance = std::max({distance, f - at / n, (at + 1) / n - f});
  }
  return distance * std::sqrt(n);
}

double NormalCdf(double z) { return 0.5 * std::erfc(-z / std::sqrt(2.0)); }

constexpr int64_t kSamples = 200000;

TEST(RandomDistribution, Uniform) {
  for (int64_t key : {0, 1, -1}) {
    const std::vector<double> u = Doubles(Draw(Uniform(), F32(kSamples), key, 0));
    const Moments m = MomentsOf(u);
    EXPECT_NEAR(m.mean, 0.5, 0.003);
    EXPECT_NEAR(m.variance, 1.0 / 12, 0.001);
    EXPECT_GE(m.low, 0);
    EXPECT_LT(m.high, 1);
    EXPECT_LT(KolmogorovSmirnov(u, [](double x) { return x; }), 1.95);
    // Neighbours, and the words of neighbouring blocks, are not correlated.
    for (size_t lag : {1, 2, 3, 4, 16}) {
      double sum = 0;
      for (size_t i = lag; i < u.size(); ++i) sum += (u[i] - 0.5) * (u[i - lag] - 0.5);
      EXPECT_LT(std::abs(sum * 12 / std::sqrt(static_cast<double>(u.size()))), 4) << lag;
    }
  }
}

TEST(RandomDistribution, UniformInARange) {
  const std::vector<double> u = Doubles(Draw(Uniform({.low = -3, .high = 5}), F32(kSamples), 4, 0));
  EXPECT_LT(KolmogorovSmirnov(u, [](double x) { return (x + 3) / 8; }), 1.95);
  EXPECT_GE(MomentsOf(u).low, -3);
  EXPECT_LE(MomentsOf(u).high, 5);
}

TEST(RandomDistribution, Normal) {
  const std::vector<double> z = Doubles(Draw(Normal(), F32(kSamples), 5, 0));
  const Moments m = MomentsOf(z);
  EXPECT_NEAR(m.mean, 0, 0.01);
  EXPECT_NEAR(m.variance, 1, 0.02);
  EXPECT_GT(m.high, 3.9);
  EXPECT_LT(m.high, 5.5);
  EXPECT_LT(KolmogorovSmirnov(z, NormalCdf), 1.95);
  const std::vector<double> scaled = Doubles(Draw(Normal({.mean = 10, .stddev = 0.5}), F32(kSamples), 6, 0));
  EXPECT_LT(KolmogorovSmirnov(scaled, [](double x) { return NormalCdf((x - 10) / 0.5); }), 1.95);
}

TEST(RandomDistribution, TruncatedNormal) {
  const std::vector<double> z = Doubles(Draw(Truncated(), F32(kSamples), 7, 0));
  const Moments m = MomentsOf(z);
  EXPECT_NEAR(m.mean, 0, 0.01);
  EXPECT_NEAR(std::sqrt(m.variance), 0.87962566103423978, 0.005);
  EXPECT_GE(m.low, -2);
  EXPECT_LE(m.high, 2);
  EXPECT_GT(m.high, 1.99);
  const double low = NormalCdf(-2), range = NormalCdf(2) - NormalCdf(-2);
  EXPECT_LT(KolmogorovSmirnov(z, [&](double x) { return (NormalCdf(x) - low) / range; }), 1.95);
}

TEST(RandomDistribution, Bernoulli) {
  for (double p : {0.0, 0.1, 0.5, 0.8, 1.0}) {
    auto record = [p](Value key, Value step, const TensorType& type) {
      return RandomBernoulli(key, step, type, {.probability = p});
    };
    const Tensor bools = Draw(record, {DType::kBool, {kSamples}}, 8, 0);
    int64_t n = 0;
    for (bool b : bools.data<bool>()) n += b;
    EXPECT_NEAR(static_cast<double>(n) / kSamples, p, p == 0 || p == 1 ? 0 : 0.004);
    const Tensor floats = Draw(record, F32(100), 8, 0);
    for (int i = 0; i < 100; ++i) EXPECT_EQ(floats.data<float>()[i], bools.data<bool>()[i] ? 1.0f : 0.0f);
  }
}

// The extreme numbers of the generator give finite ones.
TEST(RandomDistribution, TheEndsAreFinite) {
  GraphBuilder b(AllOps());
  Value u = b.Input("u", F32(2));
  const Value v = Sub(Mul(u, 2), 1 - 0x1p-24);
  b.Output("normal", Mul(Erfinv(v), std::sqrt(2.0)));
  WEFT_ASSERT_OK_AND_ASSIGN(GraphPtr graph, b.Build());
  for (Isa isa : HostIsas()) {
    Target target;
    target.isa = isa;
    WEFT_ASSERT_OK_AND_ASSIGN(std::vector<Tensor> z,
                              RunGuarded(*graph, {*Tensor::FromVector<float>({0, 1 - 0x1p-24f}, {2})}, target));
    EXPECT_NEAR(z[0].data<float>()[0], -5.42, 0.01);
    EXPECT_EQ(z[0].data<float>()[0], -z[0].data<float>()[1]);
  }
}

}  // namespace
}  // namespace weft
