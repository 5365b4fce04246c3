// The family's cases: gradients of first and second order, and kernels at every ISA level against the reference.
#include "ops/dense/cases.h"

#include "gtest/gtest.h"
#include "ops/dense/testing/kernel_run.h"
#include "ops/testing/family_sweep.h"

namespace weft {
namespace {

TEST(DenseCases, Gradients) { EXPECT_EQ(SweepFamilyGradients(DenseTestRegistry(), "dense", AddDenseCases), ""); }
TEST(DenseCases, Kernels) { EXPECT_EQ(SweepFamilyKernels(DenseTestRegistry(), "dense", AddDenseCases), ""); }

}  // namespace
}  // namespace weft
