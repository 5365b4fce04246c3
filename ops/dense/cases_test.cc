// The family's cases: gradients of first and second order, and kernels at every ISA level against the reference.
#include "ops/dense/cases.h"

#include <string>
#include <vector>

#include "core/cpu.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "ops/dense/testing/kernel_run.h"
#include "ops/testing/gradient_sweep.h"
#include "ops/testing/kernel_sweep.h"

namespace weft {
namespace {

using ::testing::IsEmpty;

std::vector<OpCase> Cases() {
  std::vector<OpCase> cases;
  AddDenseCases(cases);
  return cases;
}

TEST(DenseCases, Gradients) {
  std::vector<std::string> mistakes;
  // The registry has ops of other families too, for which there are no cases here.
  for (std::string& line : SweepGradients(DenseTestRegistry(), Cases())) {
    if (line.find("matmul") != std::string::npos) mistakes.push_back(std::move(line));
  }
  EXPECT_THAT(mistakes, IsEmpty());
}

TEST(DenseCases, Kernels) { EXPECT_THAT(SweepKernels(DenseTestRegistry(), Cases(), HostIsas()), IsEmpty()); }

}  // namespace
}  // namespace weft
