// Schedules against their formulas in double.
#include "models/optimizers/schedules.h"

#include <cmath>
#include <functional>

#include "core/testing/status_matchers.h"
#include "gtest/gtest.h"
#include "models/config_json.h"
#include "models/losses/testing/record_and_run.h"
#include "models/optimizers/all_optimizers.h"

namespace weft {
namespace {

using ::testing::HasSubstr;

double RateAt(const Schedule& schedule, int64_t step) {
  auto result = RunOnKernels({Tensor::ScalarInt(DType::kInt64, step)},
                             [&](GraphBuilder& builder, absl::Span<const Value> in) -> std::vector<Value> {
                               return {schedule.Record(builder, in[0])};
                             });
  EXPECT_THAT(result, IsOk());
  if (!result.ok()) return NAN;
  EXPECT_EQ((*result)[0].dtype(), DType::kFloat32);
  return (*result)[0].AtDouble(0);
}

void ExpectRates(const Schedule& schedule, const std::function<double(double)>& expected) {
  for (int64_t step : {0, 1, 2, 3, 9, 10, 11, 29, 30, 31, 69, 70, 71, 100, 1000}) {
    const double rate = expected(static_cast<double>(step));
    EXPECT_NEAR(RateAt(schedule, step), rate, 3e-6 * std::abs(rate) + 1e-8)
        << schedule.class_name() << " at step " << step;
  }
}

TEST(SchedulesTest, ExponentialAndInverseTime) {
  ExpectRates(ExponentialDecay({.initial_learning_rate = .1, .decay_steps = 10, .decay_rate = .9}),
              [](double s) { return .1 * std::pow(.9, s / 10); });
  ExpectRates(ExponentialDecay({.initial_learning_rate = .1, .decay_steps = 10, .decay_rate = .9, .staircase = true}),
              [](double s) { return .1 * std::pow(.9, std::floor(s / 10)); });
  ExpectRates(InverseTimeDecay({.initial_learning_rate = .1, .decay_steps = 10, .decay_rate = .5}),
              [](double s) { return .1 / (1 + .5 * s / 10); });
  ExpectRates(InverseTimeDecay({.initial_learning_rate = .1, .decay_steps = 10, .decay_rate = .5, .staircase = true}),
              [](double s) { return .1 / (1 + .5 * std::floor(s / 10)); });
}

TEST(SchedulesTest, PiecewiseAndPolynomial) {
  ExpectRates(PiecewiseConstantDecay({.boundaries = {2, 30}, .values = {.1, .05, .01}}), [](double s) {
    return s <= 2 ? .1 : s <= 30 ? .05 : .01;
  });
  ExpectRates(PolynomialDecay({.initial_learning_rate = .1, .decay_steps = 30, .end_learning_rate = .01, .power = 2}),
              [](double s) { return .09 * std::pow(1 - std::min(s, 30.) / 30, 2) + .01; });
  ExpectRates(PolynomialDecay({.initial_learning_rate = .1, .decay_steps = 30, .power = .5, .cycle = true}),
              [](double s) {
                const double steps = 30 * (s == 0 ? 1 : std::ceil(s / 30));
                return (.1 - .0001) * std::sqrt(1 - s / steps) + .0001;
              });
}

TEST(SchedulesTest, CosineWithWarmupAndRestarts) {
  auto half = [](double x) { return 0.5 * (1 + std::cos(M_PI * x)); };
  ExpectRates(CosineDecay({.initial_learning_rate = .1, .decay_steps = 40, .alpha = .1}),
              [&](double s) { return .1 * (.9 * half(std::min(s, 40.) / 40) + .1); });
  ExpectRates(CosineDecay({.initial_learning_rate = 0, .decay_steps = 40, .warmup_target = .1, .warmup_steps = 10}),
              [&](double s) { return s < 10 ? .1 * s / 10 : .1 * half(std::min(s - 10, 40.) / 40); });
  ExpectRates(CosineDecay({.initial_learning_rate = 0, .decay_steps = 40, .warmup_target = .1}),
              [&](double s) { return .1 * half(std::min(s, 40.) / 40); });
  // Periods of 10, 20, 40 ... steps: 10, 30 and 70 begin one, exactly.
  ExpectRates(CosineDecayRestarts({.initial_learning_rate = .1, .first_decay_steps = 10, .m_mul = .5, .alpha = .1}),
              [&](double s) {
                double begin = 0, length = 10, rate = 1;
                while (s >= begin + length) begin += length, length *= 2, rate *= .5;
                return .1 * (.9 * rate * half((s - begin) / length) + .1);
              });
  ExpectRates(CosineDecayRestarts({.initial_learning_rate = .1, .first_decay_steps = 10, .t_mul = 1}),
              [&](double s) { return .1 * half(s / 10 - std::floor(s / 10)); });
}

TEST(SchedulesTest, WhatIsMissingIsNamed) {
  GraphBuilder builder(TestOps());
  const Value t = builder.Input("t", {DType::kInt64, {}});
  ExponentialDecay({.initial_learning_rate = .1, .decay_rate = .9}).Record(builder, t);
  EXPECT_THAT(builder.Build(), StatusIs(absl::StatusCode::kInvalidArgument,
                                        HasSubstr("ExponentialDecay: decay_steps must be > 0, received 0")));
  GraphBuilder another(TestOps());
  CosineDecay({.decay_steps = 3}).Record(another, another.Input("t", {DType::kInt64, {}}));
  EXPECT_THAT(another.Build(), StatusIs(absl::StatusCode::kInvalidArgument,
                                        HasSubstr("CosineDecay: initial_learning_rate must be given")));
}

TEST(SchedulesTest, ConfigurationsComeBack) {
  ModelRegistry registry;
  WEFT_ASSERT_OK(AddAllOptimizers(registry));
  for (
      const std::string json :
      {R"({"class_name":"PiecewiseConstantDecay","config":{"boundaries":[5,20],"values":[0.5,0.25,0.125]}})",
       R"({"class_name":"PolynomialDecay","config":{"initial_learning_rate":0.5,"decay_steps":30,"end_learning_rate":0.25,"power":2.0,"cycle":true}})",
       R"({"class_name":"CosineDecay","config":{"initial_learning_rate":0.5,"decay_steps":4,"alpha":0.25,"warmup_target":0.75,"warmup_steps":3}})",
       R"({"class_name":"CosineDecayRestarts","config":{"initial_learning_rate":0.5,"first_decay_steps":10,"t_mul":1.5,"m_mul":0.5,"alpha":0.25}})",
       R"({"class_name":"InverseTimeDecay","config":{"initial_learning_rate":0.5,"decay_steps":2,"decay_rate":0.25,"staircase":true}})",
       R"({"class_name":"ExponentialDecay","config":{"initial_learning_rate":0.5,"decay_steps":2,"decay_rate":0.25,"staircase":true}})"}) {
    auto object = FromConfigJson(registry, "schedule", json);
    WEFT_ASSERT_OK(object);
    EXPECT_EQ(ToConfigJson(**object), json);
  }
  for (
      const char* bad :
      {R"({"class_name":"PiecewiseConstantDecay","config":{"boundaries":[5,2],"values":[1,2,3]}})",
       R"({"class_name":"PiecewiseConstantDecay","config":{"boundaries":[5],"values":[1]}})",
       R"({"class_name":"ExponentialDecay","config":{"initial_learning_rate":0.5,"decay_steps":0,"decay_rate":1}})",
       R"({"class_name":"CosineDecayRestarts","config":{"initial_learning_rate":0.5,"first_decay_steps":10,"t_mul":0.5}})"}) {
    EXPECT_THAT(FromConfigJson(registry, "schedule", bad), StatusIs(absl::StatusCode::kInvalidArgument)) << bad;
  }
}

}  // namespace
}  // namespace weft
