#include "graph/exec/program.h"

#include "core/testing/status_matchers.h"
#include "graph/exec/testing/build_module.h"
#include "graph/ir/scan.h"

namespace weft {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using namespace test_ops;  // NOLINT

TEST(ProgramTest, RunsAFunctionAndUpdatesItsVariables) {
  WEFT_ASSERT_OK_AND_ASSIGN(auto module, ModuleBuilder()
                                        .Variable("w", {2, 3})
                                        .Function("step",
                                                  [](GraphBuilder& b) {
                                                    Value x = b.Input("x", F32({Dim::Symbol("n"), 3}));
                                                    Value w = b.Variable("w");
                                                    b.Output("sums", Unary("rows_sum", Mul(x, Unary("total", w))));
                                                    b.Update("w", Add(w, w));
                                                  })
                                        .Build());
  EXPECT_EQ(CheckAgainstReference(module, "step", {Ramp({4, 3})}, {{"w", Ramp({2, 3})}}), "");
  EXPECT_EQ(CheckAgainstReference(module, "step", {Ramp({0, 3})}, {{"w", Ramp({2, 3})}}), "");
}

}  // namespace
}  // namespace weft
