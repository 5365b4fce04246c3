// The family's cases: gradients of first and second order, and kernels at every ISA level against the reference.
#include "ops/conv/cases.h"

#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "core/cpu.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "ops/all_ops.h"
#include "ops/testing/gradient_sweep.h"
#include "ops/testing/kernel_sweep.h"

namespace weft {
namespace {

using ::testing::IsEmpty;

std::vector<OpCase> Cases() {
  std::vector<OpCase> cases;
  AddConvCases(cases);
  return cases;
}

TEST(ConvCases, Gradients) {
  std::vector<std::string> mistakes;
  // The registry has ops of other families too, for which there are no cases here.
  for (std::string& line : SweepGradients(AllOps(), Cases())) {
    if (absl::StrContains(line, "conv2d")) mistakes.push_back(std::move(line));
  }
  EXPECT_THAT(mistakes, IsEmpty());
}

TEST(ConvCases, Kernels) { EXPECT_THAT(SweepKernels(AllOps(), Cases(), HostIsas()), IsEmpty()); }

}  // namespace
}  // namespace weft
