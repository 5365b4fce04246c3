// The family's cases: gradients of first and second order, and kernels at every ISA level against the reference.
#include "ops/conv/cases.h"

#include "gtest/gtest.h"
#include "ops/all_ops.h"
#include "ops/testing/family_sweep.h"

namespace weft {
namespace {

TEST(ConvCases, Gradients) { EXPECT_EQ(SweepFamilyGradients(AllOps(), "conv", AddConvCases), ""); }
TEST(ConvCases, Kernels) { EXPECT_EQ(SweepFamilyKernels(AllOps(), "conv", AddConvCases), ""); }

}  // namespace
}  // namespace weft
