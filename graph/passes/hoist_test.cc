// hoist: out of loops what is the same at every step.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/testing/status_matchers.h"
#include "graph/passes/passes.h"
#include "graph/passes/testing/run_pass.h"

namespace weft {
namespace {

using pass_ops::Passed;
using pass_ops::RunPass;
using ::testing::Contains;
using ::testing::HasSubstr;

TEST(HoistTest, WhatIsTheSameAtEveryStep) {
  const Passed passed = RunPass(HoistPass(), R"(
function {
  %x: f32[n] = input("x")
  %w: f32[n] = input("w")
  %scan = scan(%x, %w, length=[3], num_carries=1, num_stacked=0, body={
    %carry_0: f32[n] = input("carry_0")
    %captured_0: f32[n] = input("captured_0")
    %two = constant(value=f32[] 2)
    %twice = mul(%captured_0, %two)
    %negative = neg(%twice)
    %y = mul(%carry_0, %negative)
    %z = mul(%y, %two)
    output "carry_0" = %z
  })
  output "y" = %scan
}
)");
  EXPECT_EQ(passed.text, R"(
function {
  %x: f32[n] = input("x")
  %w: f32[n] = input("w")
  %constant: f32[] = constant(value=f32[] 2)
  %mul: f32[n] = mul(%w, %constant)
  %neg: f32[n] = neg(%mul)
  %scan: f32[n] = scan(%x, %neg, length=[3], num_carries=1, num_stacked=0, body={
    %carry_0: f32[n] = input("carry_0")
    %constant: f32[] = constant(value=f32[] 2)
    %captured_0: f32[n] = input("captured_0")
    %mul: f32[n] = mul(%carry_0, %captured_0)
    %mul.1: f32[n] = mul(%mul, %constant)
    output "carry_0" = %mul.1
  })
  output "y" = %scan
}
)");
  EXPECT_THAT(passed.receipts, Contains(HasSubstr("hoist/invariant in f: neg")));
}

TEST(HoistTest, OperandsArePreparedOnce) {
  const Passed passed = RunPass(HoistPass(), R"(
function {
  %x: f32[2] = input("x")
  %w: f32[2] = input("w")
  %scan = scan(%x, %w, length=[3], num_carries=1, num_stacked=0, body={
    %carry_0: f32[2] = input("carry_0")
    %captured_0: f32[2] = input("captured_0")
    %y = scale(%carry_0, %captured_0, twice=true)
    %z = scale(%captured_0, %y, twice=true)
    output "carry_0" = %z
  })
  output "y" = %scan
}
)");
  // The other operand changes from step to step, and the one that does not is no `by`.
  EXPECT_EQ(passed.text, R"(
function {
  %x: f32[2] = input("x")
  %w: f32[2] = input("w")
  %add: f32[2] = add(%w, %w)
  %scan: f32[2] = scan(%x, %add, %w, length=[3], num_carries=1, num_stacked=0, body={
    %carry_0: f32[2] = input("carry_0")
    %captured_0: f32[2] = input("captured_0")
    %scale: f32[2] = scale(%carry_0, %captured_0)
    %captured_1: f32[2] = input("captured_1")
    %scale.1: f32[2] = scale(%captured_1, %scale, twice=true)
    output "carry_0" = %scale.1
  })
  output "y" = %scan
}
)");
}

// Out of the inner loop, and on out of the outer one.
TEST(HoistTest, LoopsWithinLoops) {
  const Passed passed = RunPass(HoistPass(), R"(
function {
  %x: f32[] = input("x")
  %w: f32[] = input("w")
  %scan = scan(%x, %w, length=[3], num_carries=1, num_stacked=0, body={
    %carry_0: f32[] = input("carry_0")
    %captured_0: f32[] = input("captured_0")
    %inner = scan(%carry_0, %captured_0, %carry_0, length=[3], num_carries=1, num_stacked=0, body={
      %carry_0: f32[] = input("carry_0")
      %captured_0: f32[] = input("captured_0")
      %captured_1: f32[] = input("captured_1")
      %a = neg(%captured_0)
      %b = neg(%captured_1)
      %c = add(%a, %b)
      %d = add(%carry_0, %c)
      output "carry_0" = %d
    })
    output "carry_0" = %inner
  })
  output "y" = %scan
}
)");
  EXPECT_THAT(passed.text, HasSubstr(R"(
  %neg: f32[] = neg(%w)
  %scan: f32[] = scan(%x, %neg, length=[3])"));
  EXPECT_THAT(passed.text, HasSubstr(R"(
    %neg: f32[] = neg(%carry_0)
    %captured_0: f32[] = input("captured_0")
    %add: f32[] = add(%captured_0, %neg)
)"));
}

// Constants are free where they are; carries, slices and what follows from them change.
TEST(HoistTest, WhatChangesStays) {
  const Passed passed = RunPass(HoistPass(), R"(
function {
  %x: f32[2] = input("x")
  %xs: f32[3,2] = input("xs")
  %last, %ys = scan(%x, %xs, length=[3], num_carries=1, num_stacked=1, body={
    %carry_0: f32[2] = input("carry_0")
    %slice_0: f32[2] = input("slice_0")
    %one = constant(value=f32[] 1)
    %y = add(%carry_0, %one)
    %z = neg(%slice_0)
    output "carry_0" = %y
    output "output_0" = %z
  })
  output "y" = %last
}
)");
  WEFT_EXPECT_OK(passed.status);
  EXPECT_FALSE(passed.changed) << passed.text;
}

}  // namespace
}  // namespace weft
