// The cases of this family through the sweeps that all families share: gradients of first and second order against
// differences in double; kernels against the reference and the levels against each other.
#include <gtest/gtest.h>

#include "core/cpu.h"
#include "ops/elementwise/cases.h"
#include "ops/elementwise/testing/harness.h"
#include "ops/testing/gradient_sweep.h"
#include "ops/testing/kernel_sweep.h"

namespace weft {
namespace {

const std::vector<OpCase>& Cases() {
  static const auto* const cases = [] {
    auto* list = new std::vector<OpCase>;
    AddElementwiseCases(*list);
    return list;
  }();
  return *cases;
}

TEST(SweepTest, EveryOpHasCases) {
  for (const OpDef* op : TestOps().ops()) {
    if (op->family != "elementwise" || op->is_fused) continue;
    EXPECT_TRUE(std::any_of(Cases().begin(), Cases().end(), [&](const OpCase& c) { return c.op == op->name; }))
        << op->name;
  }
}

TEST(SweepTest, Gradients) {
  // Ops of the other families in the registry have no cases here.
  for (const std::string& failure : SweepGradients(TestOps(), Cases())) {
    if (failure.find("the op has no cases") == std::string::npos) ADD_FAILURE() << failure;
  }
}

TEST(SweepTest, Kernels) {
  for (const std::string& failure : SweepKernels(TestOps(), Cases(), HostIsas())) ADD_FAILURE() << failure;
}

}  // namespace
}  // namespace weft
