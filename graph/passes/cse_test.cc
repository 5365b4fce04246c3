// cse: equal expressions once.
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
using ::testing::Not;

TEST(CseTest, EqualExpressionsBecomeOne) {
  const Passed passed = RunPass(CsePass(), R"(
function {
  %x: f32[n] = input("x")
  %y: f32[n] = input("y")
  %a = neg(%x)
  %b = neg(%x)
  %c = add(%a, %y)
  %d = add(%y, %b)
  %e = sub(%c, %d)
  %f = sub(%y, %x)
  %g = sub(%x, %y)
  output "e" = %e
  output "f" = %f
  output "g" = %g
}
)");
  // add commutes, sub does not.
  EXPECT_EQ(passed.text, R"(
function {
  %x: f32[n] = input("x")
  %y: f32[n] = input("y")
  %neg: f32[n] = neg(%x)
  %add: f32[n] = add(%neg, %y)
  %sub: f32[n] = sub(%add, %add)
  %sub.1: f32[n] = sub(%y, %x)
  %sub.2: f32[n] = sub(%x, %y)
  output "e" = %sub
  output "f" = %sub.1
  output "g" = %sub.2
}
)");
  EXPECT_THAT(passed.receipts, ElementsAre("cse in f: 9 -> 7 nodes [exact]"));
}

// Constants by their bits, random ops by their stream, equal types of different sources not at all.
TEST(CseTest, WhatDiffersInAnAttributeStays) {
  const Passed passed = RunPass(CsePass(), R"(
module {
  variable "v": f32[2]
  variable "w": f32[2]
  function "f" {
    %x: f32[2] = input("x")
    %y: f32[2] = input("y")
    %v: f32[2] = variable("v")
    %w: f32[2] = variable("w")
    %constant: f32[] = constant(value=f32[] 0)
    %constant.1: f32[] = constant(value=f32[] -0)
    %constant.2: f32[] = constant(value=f32[] nan)
    %constant.3: f32[] = constant(value=f32[] nan(0x7fc00001))
    %noise: f32[2] = noise(shape=[2], stream=0)
    %noise.1: f32[2] = noise(shape=[2], stream=1)
    %reshape: f32[1,2] = reshape(%x, shape=[1,2])
    %reshape.1: f32[2,1] = reshape(%x, shape=[2,1])
  }
}
)");
  EXPECT_FALSE(passed.changed) << passed.text;
  EXPECT_THAT(passed.receipts, IsEmpty());
}

TEST(CseTest, EqualConstantsAndDrawsOfOneStreamAreOne) {
  EXPECT_EQ(RunPass(CsePass(), R"(
function {
  %a = constant(value=f32[2] {nan, -0})
  %b = constant(value=f32[2] {nan, -0})
  %c = noise(shape=[2], stream=7)
  %d = noise(shape=[2], stream=7)
  output "a" = %a
  output "b" = %b
  output "c" = %c
  output "d" = %d
}
)")
                .text,
            R"(
function {
  %constant: f32[2] = constant(value=f32[2] {nan, -0})
  %noise: f32[2] = noise(shape=[2], stream=7)
  output "a" = %constant
  output "b" = %constant
  output "c" = %noise
  output "d" = %noise
}
)");
}

TEST(CseTest, EveryResultOfANode) {
  EXPECT_THAT(RunPass(CsePass(), R"(
function {
  %x: f32[4] = input("x")
  %a, %b = halves(%x)
  %c, %d = halves(%x)
  %e = sub(%a, %d)
  %f = sub(%c, %b)
  output "e" = %e
  output "f" = %f
}
)")
                  .text,
              HasSubstr(R"(
  %halves: f32[2], %halves.1: f32[2] = halves(%x)
  %sub: f32[2] = sub(%halves, %halves.1)
  output "e" = %sub
  output "f" = %sub
})"));
}

constexpr char kForward[] = R"(
    %carry_0: f32[2] = input("carry_0")
    %slice_0: f32[2] = input("slice_0")
    %y: f32[2] = add(%carry_0, %slice_0)
    output "carry_0" = %y
    output "output_0" = %y)";

std::string Loops(const std::string& first, const std::string& second) {
  return "function {\n  %init: f32[2] = input(\"init\")\n  %xs: f32[3,2] = input(\"xs\")\n" + first + second +
         "  output \"a\" = %a\n  output \"b\" = %b\n  output \"c\" = %c\n}\n";
}

// The gradient of a loop runs it again, and stacks the carries besides.
TEST(CseTest, ALoopIsMergedIntoTheSameLoopWithMoreResults) {
  const std::string narrow =
      std::string("  %a, %b = scan(%init, %xs, length=[3], num_carries=1, num_stacked=1, body={") + kForward +
      "\n  })\n";
  const std::string wide = std::string(
                               "  %last, %ys, %c = scan(%init, %xs, length=[3], num_carries=1, num_stacked=1, "
                               "body={") +
                           kForward + "\n    output \"output_1\" = %carry_0\n  })\n";
  const char kMerged[] = R"(
function {
  %init: f32[2] = input("init")
  %xs: f32[3,2] = input("xs")
  %scan: f32[2], %scan.1: f32[3,2], %scan.2: f32[3,2] = scan(%init, %xs, length=[3], num_carries=1, num_stacked=1, body={
    %carry_0: f32[2] = input("carry_0")
    %slice_0: f32[2] = input("slice_0")
    %add: f32[2] = add(%carry_0, %slice_0)
    output "carry_0" = %add
    output "output_0" = %add
    output "output_1" = %carry_0
  })
  output "a" = %scan
  output "b" = %scan.1
  output "c" = %scan.2
}
)";
  for (const std::string& text : {Loops(narrow, wide), Loops(wide, narrow)}) {
    const Passed passed = RunPass(CsePass(), text);
    EXPECT_EQ(passed.text, kMerged);
    EXPECT_THAT(passed.receipts,
                ElementsAre("cse/merge_loops in f: two loops over the same operands became one [exact]: the gradient "
                            "of a loop needs the carries that the loop itself computes",
                            "cse in f: 4 -> 3 nodes [exact]"));
  }
}

TEST(CseTest, LoopsThatDifferStay) {
  auto loop = [](const std::string& results, const std::string& attrs, const std::string& op, const char* more) {
    return "  " + results + " = scan(%init, %xs, num_carries=1, num_stacked=1, " + attrs +
           ", body={\n    %carry_0: f32[2] = input(\"carry_0\")\n    %slice_0: f32[2] = input(\"slice_0\")\n    %y = " +
           op + "(%carry_0, %slice_0)\n    output \"carry_0\" = %y\n    output \"output_0\" = %y\n" + more + "  })\n";
  };
  const char kMore[] = "    output \"output_1\" = %carry_0\n";
  const std::string plain = loop("%a, %b", "length=[3]", "add", "");
  EXPECT_TRUE(RunPass(CsePass(), Loops(plain, loop("%d, %e, %c", "length=[3]", "add", kMore))).changed);
  for (const std::string& other :
       {loop("%d, %e, %c", "length=[3], reverse=true", "add", kMore), loop("%d, %e, %c", "length=[3]", "mul", kMore)}) {
    const Passed passed = RunPass(CsePass(), Loops(plain, other));
    WEFT_EXPECT_OK(passed.status);
    EXPECT_FALSE(passed.changed) << passed.text;
  }
}

TEST(CseTest, BodiesOfLoops) {
  EXPECT_THAT(RunPass(CsePass(), R"(
function {
  %x: f32[] = input("x")
  %scan: f32[] = scan(%x, length=[3], num_carries=1, num_stacked=0, body={
    %carry_0: f32[] = input("carry_0")
    %a: f32[] = neg(%carry_0)
    %b: f32[] = neg(%carry_0)
    %c: f32[] = mul(%a, %b)
    output "carry_0" = %c
  })
  output "y" = %scan
}
)")
                  .text,
              HasSubstr(R"(
    %neg: f32[] = neg(%carry_0)
    %mul: f32[] = mul(%neg, %neg)
    output "carry_0" = %mul
)"));
}

// Two loops whose bodies are two equal graphs are one loop.
TEST(CseTest, EqualLoops) {
  const std::string body =
      std::string("scan(%init, %xs, length=[3], num_carries=1, num_stacked=1, body={") + kForward + "\n  })\n";
  const Passed passed = RunPass(CsePass(), Loops("  %a, %b = " + body, "  %c, %d = " + body));
  EXPECT_THAT(passed.text, HasSubstr("output \"a\" = %scan\n  output \"b\" = %scan.1\n  output \"c\" = %scan\n"));
}

}  // namespace
}  // namespace weft
