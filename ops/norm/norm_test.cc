#include "ops/norm/norm.h"

#include <cmath>
#include <functional>
#include <limits>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "core/cpu.h"
#include "core/philox.h"
#include "core/testing/status_matchers.h"
#include "gmock/gmock.h"
#include "graph/autodiff/gradients.h"
#include "gtest/gtest.h"
#include "ops/all_ops.h"
#include "ops/norm/cases.h"
#include "ops/testing/gradient_sweep.h"
#include "ops/testing/kernel_sweep.h"
#include "ops/testing/record_and_run.h"

namespace weft {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

Tensor Random(Dims dims, double mean, double deviation, uint64_t seed) {
  PhiloxStream random(seed);
  Tensor tensor = *Tensor::Create(DType::kFloat32, dims);
  for (float& v : tensor.mutable_data<float>()) v = static_cast<float>(mean + deviation * random.Normal());
  return tensor;
}

// On the kernels of this host.
absl::StatusOr<std::vector<Tensor>> Compute(absl::Span<const Tensor> inputs, const RecordFn& record) {
  return RecordAndRun(inputs, record, Target::Host(1));
}

// mean and variance of x[outer][n][inner] over n, in double.
void MomentsOfMiddle(const Tensor& x, int64_t outer, int64_t inner, std::vector<double>& mean,
                     std::vector<double>& variance) {
  const int64_t n = x.num_elements() / outer / inner;
  mean.assign(static_cast<size_t>(outer * inner), 0), variance = mean;
  for (int pass = 0; pass < 2; ++pass) {
    for (int64_t o = 0; o < outer; ++o) {
      for (int64_t k = 0; k < n; ++k) {
        for (int64_t i = 0; i < inner; ++i) {
          const size_t at = static_cast<size_t>(o * inner + i);
          const double v = x.AtDouble((o * n + k) * inner + i);
          if (pass == 0) mean[at] += v / static_cast<double>(n);
          if (pass == 1) variance[at] += (v - mean[at]) * (v - mean[at]) / static_cast<double>(n);
        }
      }
    }
  }
}

TEST(Norm, SweepsOfItsCases) {
  std::vector<OpCase> cases;
  AddNormCases(cases);
  // The sweep misses the other ops' cases; what counts is that none of these is complained of.
  for (const std::string& failure : SweepGradients(AllOps(), cases)) {
    EXPECT_THAT(failure, ::testing::Not(HasSubstr("normalize"))) << failure;
  }
  for (const std::string& failure : SweepKernels(AllOps(), cases, HostIsas())) {
    EXPECT_THAT(failure, ::testing::Not(HasSubstr("normalize"))) << failure;
  }
}

// A mean of ten thousand standard deviations: E[x^2] - E[x]^2 would have no digit left.
TEST(Norm, ALargeMeanCostsNoDigits) {
  const Tensor x = Random({2000, 3}, 1e4, 1, 1);
  WEFT_ASSERT_OK_AND_ASSIGN(std::vector<Tensor> got, Compute({x}, [](absl::Span<const Value> in) {
                              BatchNormResult r = BatchNormalize(in[0], {.epsilon = 0});
                              return std::vector<Value>{r.y, r.mean, r.variance};
                            }));
  std::vector<double> mean, variance;
  MomentsOfMiddle(x, 1, 3, mean, variance);
  for (size_t i = 0; i < 3; ++i) {
    EXPECT_NEAR(got[1].AtDouble(static_cast<int64_t>(i)), mean[i], 2e-3);
    EXPECT_NEAR(got[2].AtDouble(static_cast<int64_t>(i)), variance[i], 1e-4 * variance[i]);
  }
  const Tensor row = Random({3, 2000}, -3e4, 0.5, 2);
  WEFT_ASSERT_OK_AND_ASSIGN(std::vector<Tensor> rows, Compute({row}, [](absl::Span<const Value> in) {
                              return std::vector<Value>{LayerNormalize(in[0], {.epsilon = 0})};
                            }));
  MomentsOfMiddle(rows[0], 3, 1, mean, variance);
  for (int i = 0; i < 3; ++i) EXPECT_NEAR(variance[static_cast<size_t>(i)], 1, 1e-4);
}

TEST(Norm, GroupsAreOfNeighbouringChannels) {
  const Tensor x = Random({2, 5, 6}, 1, 3, 3);  // 3 groups of 2 channels
  WEFT_ASSERT_OK_AND_ASSIGN(std::vector<Tensor> got, Compute({x}, [](absl::Span<const Value> in) {
                              return std::vector<Value>{GroupNormalize(in[0], {.groups = 3, .epsilon = 0.5})};
                            }));
  for (int64_t sample = 0; sample < 2; ++sample) {
    for (int64_t group = 0; group < 3; ++group) {
      double mean = 0, variance = 0;
      auto at = [&](int64_t k) { return (sample * 5 + k / 2) * 6 + group * 2 + k % 2; };
      for (int64_t k = 0; k < 10; ++k) mean += x.AtDouble(at(k)) / 10;
      for (int64_t k = 0; k < 10; ++k) variance += std::pow(x.AtDouble(at(k)) - mean, 2) / 10;
      for (int64_t k = 0; k < 10; ++k) {
        EXPECT_NEAR(got[0].AtDouble(at(k)), (x.AtDouble(at(k)) - mean) / std::sqrt(variance + 0.5), 1e-5);
      }
    }
  }
}

// What the mask leaves out has no influence on the statistics, not even NaN.
TEST(Norm, MaskedStatistics) {
  Tensor x = Random({3, 4, 2}, 2, 1, 4);
  const Tensor mask = *Tensor::FromVector<bool>({1, 1, 0, 0, 1, 0, 0, 0, 1, 1, 1, 0}, {3, 4});
  std::vector<double> mean(2), variance(2);
  double count = 0;
  for (int pass = 0; pass < 2; ++pass) {
    for (int64_t i = 0; i < 24; ++i) {
      const size_t f = static_cast<size_t>(i % 2);
      if (!mask.data<bool>()[i / 2]) continue;
      if (pass == 0) mean[f] += x.AtDouble(i) / 6, count += 0.5;
      if (pass == 1) variance[f] += std::pow(x.AtDouble(i) - mean[f], 2) / 6;
    }
  }
  ASSERT_EQ(count, 6);
  for (int64_t i = 0; i < 24; ++i) {
    if (!mask.data<bool>()[i / 2]) x.mutable_data<float>()[i] = std::numeric_limits<float>::quiet_NaN();
  }
  WEFT_ASSERT_OK_AND_ASSIGN(std::vector<Tensor> got, Compute({x, mask}, [](absl::Span<const Value> in) {
                              BatchNormResult r = BatchNormalize(in[0], {.mask = in[1]});
                              return std::vector<Value>{r.mean, r.variance};
                            }));
  for (int64_t f = 0; f < 2; ++f) {
    EXPECT_NEAR(got[0].AtDouble(f), mean[static_cast<size_t>(f)], 1e-5);
    EXPECT_NEAR(got[1].AtDouble(f), variance[static_cast<size_t>(f)], 1e-5);
  }
  // Along another axis the mask differs from feature to feature, and each of its elements counts for all of the last.
  WEFT_ASSERT_OK_AND_ASSIGN(got, Compute({x, mask}, [](absl::Span<const Value> in) {
                              BatchNormResult r = BatchNormalize(in[0], {.axis = 1, .mask = in[1]});
                              return std::vector<Value>{r.mean};
                            }));
  EXPECT_NEAR(got[0].AtDouble(3), 0, 1e-6) << "nothing counts there";
  EXPECT_NEAR(got[0].AtDouble(2), (x.AtDouble(20) + x.AtDouble(21)) / 2, 1e-5);
}

TEST(Norm, UnitNormOfZerosIsZero) {
  const Tensor x = *Tensor::FromVector<float>({0, 0, 3, 4}, {2, 2});
  WEFT_ASSERT_OK_AND_ASSIGN(std::vector<Tensor> got, Compute({x}, [](absl::Span<const Value> in) {
                              const Value y = UnitNormalize(in[0], {.epsilon = 1e-3});
                              auto dx = Gradients({y}, {in[0]});
                              return std::vector<Value>{y, (*dx)[0]};
                            }));
  EXPECT_EQ(got[0].AtDouble(0), 0);
  EXPECT_NEAR(got[0].AtDouble(2), 0.6, 1e-6);
  EXPECT_NEAR(got[0].AtDouble(3), 0.8, 1e-6);
  EXPECT_NEAR(got[1].AtDouble(0), 1000, 1e-2) << "dy / epsilon";
}

TEST(Norm, Mistakes) {
  auto error = [](const RecordFn& record, TensorType type = {DType::kFloat32, {4, 6}}) {
    GraphBuilder b(AllOps());
    std::vector<Value> inputs = {b.Input("x", std::move(type)), b.Input("v", {DType::kFloat32, {5}}),
                                 b.Input("mask", {DType::kBool, {4, 6}})};
    for (Value v : record(inputs)) EXPECT_FALSE(v.ok());
    return b.Build().status();
  };
  const absl::StatusCode kInvalid = absl::StatusCode::kInvalidArgument;
  EXPECT_THAT(
      error([](auto in) { return std::vector<Value>{BatchNormalize(in[0], {.scale = in[1]}).y}; }),
      StatusIs(kInvalid, AllOf(HasSubstr("expected scale to be f32[6], received f32[5]"), HasSubstr("norm_test.cc"))));
  EXPECT_THAT(error([](auto in) { return std::vector<Value>{BatchNormalize(in[0], {.axis = 2}).mean}; }),
              StatusIs(kInvalid, HasSubstr("axis")));
  EXPECT_THAT(error([](auto in) { return std::vector<Value>{BatchNormalize(in[0], {.mask = in[2]}).variance}; }),
              StatusIs(kInvalid, HasSubstr("expected a mask bool[4], received bool[4,6]")));
  EXPECT_THAT(error([](auto in) { return std::vector<Value>{BatchNormalize(in[1]).y}; }),
              StatusIs(kInvalid, HasSubstr("one of samples, received f32[5]")));
  EXPECT_THAT(error([](auto in) { return std::vector<Value>{LayerNormalize(in[0], {.axes = {}})}; }),
              StatusIs(kInvalid, HasSubstr("at least one axis")));
  EXPECT_THAT(error([](auto in) { return std::vector<Value>{LayerNormalize(in[0])}; }, {DType::kInt32, {4, 6}}),
              StatusIs(kInvalid, HasSubstr("expected f32 or f64, received i32[4,6]")));
  EXPECT_THAT(error([](auto in) { return std::vector<Value>{GroupNormalize(in[0], {.groups = 4})}; }),
              StatusIs(kInvalid, HasSubstr("the 6 channels of f32[4,6] cannot be divided among 4 groups")));
  EXPECT_THAT(error([](auto in) { return std::vector<Value>{GroupNormalize(in[0], {.axis = 0})}; }),
              StatusIs(kInvalid, HasSubstr("axis 0 is the batch")));
  EXPECT_THAT(error([](auto in) {
                return std::vector<Value>{RmsNormalize(in[0], {.axes = {1, -1}})};
              }),
              StatusIs(kInvalid, HasSubstr("axis")));
}

}  // namespace
}  // namespace weft
