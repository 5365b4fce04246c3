// Optimizers and schedules against Keras' own numbers, where they are there.
#include <memory>

#include "absl/strings/str_cat.h"
#include "core/testing/status_matchers.h"
#include "gtest/gtest.h"
#include "models/config_json.h"
#include "models/losses/testing/keras_case.h"
#include "models/losses/testing/record_and_run.h"
#include "models/optimizers/all_optimizers.h"
#include "models/optimizers/optimizer.h"
#include "models/optimizers/testing/stepper.h"

namespace weft {
namespace {

template <typename T>
std::shared_ptr<T> Make(const char* kind, const KerasCase& one) {
  ModelRegistry registry;
  EXPECT_THAT(AddAllOptimizers(registry), IsOk());
  auto object = FromConfigJson(registry, kind, one.config);
  EXPECT_THAT(object, IsOk()) << one.config;
  return object.ok() ? std::static_pointer_cast<T>(*object) : nullptr;
}

TEST(KerasVectorsTest, Optimizers) {
  int found = 0;
  for (const char* name : {"SGD", "RMSprop", "Adam", "AdamW"}) {
    WEFT_ASSERT_OK_AND_ASSIGN(auto cases, KerasCases("optimizer", name));
    for (const KerasCase& one : cases) {
      SCOPED_TRACE(one.name);
      const auto optimizer = Make<Optimizer>("optimizer", one);
      ASSERT_NE(optimizer, nullptr);
      Stepper stepper(*optimizer, {one.tensors.at("var0"), one.tensors.at("var1")});
      for (int step = 0; step < 5; ++step) {
        auto gradient = [&](int i) { return one.tensors.at(absl::StrCat("grad", step, "_", i)); };
        WEFT_ASSERT_OK(stepper.Step({gradient(0), gradient(1)}));
        for (int i : {0, 1}) {
          const Tensor& expected = one.tensors.at(absl::StrCat("var", i, "_after", step));
          EXPECT_LT(RelativeError(stepper.variable(i), expected), 2e-6) << "variable " << i << " step " << step;
        }
      }
      ++found;
    }
  }
  if (found == 0) GTEST_SKIP() << "no vectors in $WEFT_DATA_DIR/keras_vectors";
}

TEST(KerasVectorsTest, Schedules) {
  int found = 0;
  for (const char* name : {"ExponentialDecay", "PiecewiseConstantDecay", "PolynomialDecay", "InverseTimeDecay",
                           "CosineDecay", "CosineDecayRestarts"}) {
    WEFT_ASSERT_OK_AND_ASSIGN(auto cases, KerasCases("schedule", name));
    for (const KerasCase& one : cases) {
      SCOPED_TRACE(one.name);
      const auto schedule = Make<Schedule>("schedule", one);
      ASSERT_NE(schedule, nullptr);
      const Tensor& steps = one.tensors.at("steps");
      Tensor rates = Tensor::Create(DType::kFloat32, steps.dims()).value();
      for (int64_t i = 0; i < steps.num_elements(); ++i) {
        auto rate = RunOnKernels({Tensor::ScalarInt(DType::kInt64, steps.AtInt(i))},
                                 [&](GraphBuilder& builder, absl::Span<const Value> in) -> std::vector<Value> {
                                   return {schedule->Record(builder, in[0])};
                                 });
        WEFT_ASSERT_OK(rate);
        rates.mutable_data<float>()[i] = static_cast<float>((*rate)[0].AtDouble(0));
      }
      EXPECT_LT(RelativeError(rates, one.tensors.at("values")), 2e-6);
      ++found;
    }
  }
  if (found == 0) GTEST_SKIP() << "no vectors in $WEFT_DATA_DIR/keras_vectors";
}

}  // namespace
}  // namespace weft
