#include "models/optimizers/squared_gradient.h"

#include "core/testing/status_matchers.h"
#include "graph/autodiff/gradients.h"
#include "gtest/gtest.h"
#include "models/losses/testing/record_and_run.h"
#include "ops/elementwise/elementwise.h"
#include "ops/shape/shape.h"

namespace weft {
namespace {

using ::testing::ElementsAre;

TEST(SquaredGradient, OfALookUpIsTheSumOfTheSquaredRows) {
  const Tensor table = *Tensor::FromVector<float>({0, 0, 0, 0, 0, 0}, {3, 2});
  const Tensor ids = *Tensor::FromVector<int32_t>({2, 0, 2}, {3});
  const Tensor dy = *Tensor::FromVector<float>({1, 2, 3, 4, 5, 6}, {3, 2});
  WEFT_ASSERT_OK_AND_ASSIGN(
      std::vector<Tensor> results,
      RunOnReference({table, ids, dy}, [](GraphBuilder&, absl::Span<const Value> in) -> std::vector<Value> {
        const std::vector<Value> gradients = Gradients({Gather(in[0], in[1])}, {in[0]}, {in[2]}).value();
        return {gradients[0], SquaredGradient(gradients[0]), SquaredGradient(gradients[0] * 1)};
      }));
  EXPECT_THAT(results[0].data<float>(), ElementsAre(3, 4, 0, 0, 6, 8));
  EXPECT_THAT(results[1].data<float>(), ElementsAre(9, 16, 0, 0, 1 + 25, 4 + 36));
  EXPECT_THAT(results[2].data<float>(), ElementsAre(9, 16, 0, 0, 36, 64)) << "any other gradient is squared as it is";
}

}  // namespace
}  // namespace weft
