// dce: what no output and no update needs goes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/testing/status_matchers.h"
#include "graph/passes/passes.h"
#include "graph/passes/testing/run_pass.h"

namespace weft {
namespace {

using pass_ops::Passed;
using pass_ops::RunPass;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(DceTest, WhatNobodyNeedsGoes) {
  const Passed passed = RunPass(DcePass(), R"(
module {
  variable "read": f32[2]
  variable "unread": f32[2]
  variable "written": f32[2]
  function "f" {
    %x: f32[2] = input("x")
    %unused: f32[n] = input("unused")
    %read = variable("read")
    %unread = variable("unread")
    %noise = noise(shape=[2], stream=0)
    %c = constant(value=f32[2] {1, 2})
    %dead = mul(%x, %unread)
    %dead.1 = add(%dead, %noise)
    %a, %b = halves(%x)
    %new = add(%read, %c)
    output "a" = %a
    update "written" = %new
  }
}
)");
  // Inputs are the function's signature and stay; so does a node of which one result is read.
  EXPECT_EQ(passed.text, R"(
module {
  variable "read": f32[2]
  variable "unread": f32[2]
  variable "written": f32[2]
  function "f" {
    %x: f32[2] = input("x")
    %unused: f32[n] = input("unused")
    %read: f32[2] = variable("read")
    %constant: f32[2] = constant(value=f32[2] {1, 2})
    %halves: f32[1], %halves.1: f32[1] = halves(%x)
    %add: f32[2] = add(%read, %constant)
    output "a" = %halves
    update "written" = %add
  }
}
)");
  EXPECT_THAT(passed.receipts, ElementsAre("dce in f: 10 -> 6 nodes [exact]"));
}

TEST(DceTest, NothingToDo) {
  const Passed passed = RunPass(DcePass(), R"(
function {
  %x: f32[2] = input("x")
  %neg: f32[2] = neg(%x)
  output "y" = %neg
}
)");
  EXPECT_FALSE(passed.changed);
  EXPECT_THAT(passed.receipts, IsEmpty());
}

TEST(DceTest, LoopsAndWhatIsInThem) {
  EXPECT_EQ(RunPass(DcePass(), R"(
function {
  %x: f32[] = input("x")
  %dead: f32[] = scan(%x, length=[3], num_carries=1, num_stacked=0, body={
    %carry_0: f32[] = input("carry_0")
    output "carry_0" = %carry_0
  })
  %scan: f32[] = scan(%x, %x, length=[3], num_carries=1, num_stacked=0, body={
    %carry_0: f32[] = input("carry_0")
    %captured_0: f32[] = input("captured_0")
    %dead: f32[] = neg(%captured_0)
    %y: f32[] = neg(%carry_0)
    output "carry_0" = %y
  })
  output "y" = %scan
}
)")
                .text,
            R"(
function {
  %x: f32[] = input("x")
  %scan: f32[] = scan(%x, length=[3], num_carries=1, num_stacked=0, body={
    %carry_0: f32[] = input("carry_0")
    %neg: f32[] = neg(%carry_0)
    output "carry_0" = %neg
  })
  output "y" = %scan
}
)");
}

TEST(DceTest, EachFunctionByItself) {
  const Passed passed = RunPass(DcePass(), R"(
module {
  function "a" {
    %x: f32[2] = input("x")
    %dead = neg(%x)
  }
  function "b" {
    %x: f32[2] = input("x")
    %neg: f32[2] = neg(%x)
    output "y" = %neg
  }
}
)");
  EXPECT_THAT(passed.receipts, ElementsAre("dce in a: 2 -> 1 nodes [exact]"));
  EXPECT_THAT(passed.text, HasSubstr("%neg: f32[2] = neg(%x)\n    output"));
}

TEST(DceTest, StackedResultsThatNobodyReadsOrThatAreThereTwice) {
  const Passed passed = RunPass(DcePass(), R"(
function {
  %x: f32[n] = input("x")
  %a: f32[3,n] = input("a")
  %b: f32[3,n] = input("b")
  %w: f32[n] = input("w")
  %last, %once, %unread, %again, %other = scan(%x, %a, %b, %w, %x, length=[3], num_carries=1, num_stacked=2, body={
    %carry_0: f32[n] = input("carry_0")
    %slice_0: f32[n] = input("slice_0")
    %slice_1: f32[n] = input("slice_1")
    %captured_0: f32[n] = input("captured_0")
    %captured_1: f32[n] = input("captured_1")
    %y = mul(%carry_0, %slice_1)
    %z = add(%y, %captured_1)
    %for_unread = add(%slice_0, %captured_0)
    output "carry_0" = %y
    output "output_0" = %z
    output "output_1" = %for_unread
    output "output_2" = %z
    output "output_3" = %y
  })
  output "once" = %once
  output "again" = %again
  output "other" = %other
}
)");
  // A carry stays, though nobody reads the last one, and so does a stacked result that is a carry.
  EXPECT_EQ(passed.text, R"(
function {
  %x: f32[n] = input("x")
  %a: f32[3,n] = input("a")
  %b: f32[3,n] = input("b")
  %w: f32[n] = input("w")
  %scan: f32[n], %scan.1: f32[3,n], %scan.2: f32[3,n] = scan(%x, %b, %x, length=[3], num_carries=1, num_stacked=1, body={
    %carry_0: f32[n] = input("carry_0")
    %slice_1: f32[n] = input("slice_1")
    %captured_1: f32[n] = input("captured_1")
    %mul: f32[n] = mul(%carry_0, %slice_1)
    %add: f32[n] = add(%mul, %captured_1)
    output "carry_0" = %mul
    output "output_0" = %add
    output "output_3" = %mul
  })
  output "once" = %scan.1
  output "again" = %scan.1
  output "other" = %scan.2
}
)");
  EXPECT_THAT(passed.receipts,
              ElementsAre(HasSubstr(": 1 stacked results that nobody reads, 1 that it has twice, 2 operands"),
                          "dce in f [exact]"));
}

}  // namespace
}  // namespace weft
