// Losses and their gradients against Keras' own numbers, where they are there.
#include <memory>

#include "core/testing/status_matchers.h"
#include "graph/autodiff/gradients.h"
#include "gtest/gtest.h"
#include "models/config_json.h"
#include "models/losses/all_losses.h"
#include "models/losses/loss.h"
#include "models/losses/testing/keras_case.h"
#include "models/losses/testing/record_and_run.h"

namespace weft {
namespace {

TEST(KerasVectorsTest, Losses) {
  ModelRegistry registry;
  WEFT_ASSERT_OK(AddAllLosses(registry));
  int found = 0;
  for (const std::string& name : registry.Names("loss")) {
    WEFT_ASSERT_OK_AND_ASSIGN(auto cases, KerasCases("loss", name));
    for (const KerasCase& one : cases) {
      SCOPED_TRACE(one.name);
      auto object = FromConfigJson(registry, "loss", one.config);
      WEFT_ASSERT_OK(object);
      const auto loss = std::static_pointer_cast<Loss>(*object);
      const Tensor &y_true = one.tensors.at("y_true"), &y_pred = one.tensors.at("y_pred");
      WEFT_EXPECT_OK(loss->CheckTargets(TypeOf(y_pred), y_true));
      auto record = [&](GraphBuilder& builder, absl::Span<const Value> in) -> std::vector<Value> {
        const Value value = loss->Record(builder, in[0], in[1], Value());
        auto gradients = Gradients({value}, {in[1]});
        EXPECT_THAT(gradients, IsOk());
        return {value, (*gradients)[0]};
      };
      for (auto run : {RunOnReference, RunOnKernels}) {
        auto result = run({y_true, y_pred}, record);
        WEFT_ASSERT_OK(result);
        // A scalar is in the file with one dim.
        auto value = (*result)[0].Reshaped(one.tensors.at("value").dims());
        WEFT_ASSERT_OK(value);
        EXPECT_LT(RelativeError(*value, one.tensors.at("value")), 2e-6);
        EXPECT_LT(RelativeError((*result)[1], one.tensors.at("dy_pred")), 5e-6);
      }
      ++found;
    }
  }
  if (found == 0) GTEST_SKIP() << "no vectors in $WEFT_DATA_DIR/keras_vectors";
}

}  // namespace
}  // namespace weft
