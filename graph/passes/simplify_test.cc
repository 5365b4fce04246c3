// simplify: the walk over the peephole rules. The rules themselves are tested beside the ops.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/testing/status_matchers.h"
#include "graph/passes/passes.h"
#include "graph/passes/rewrite.h"
#include "graph/passes/testing/run_pass.h"

namespace weft {
namespace {

using pass_ops::Passed;
using pass_ops::RunPass;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(SimplifyTest, RulesAreTriedUntilNoneApplies) {
  // mul_one uncovers neg_neg, neg_neg uncovers add_zero's operand. What was replaced stays behind, for dce.
  const Passed passed = RunPass(SimplifyPass(), R"(
function {
  %x: f32[2] = input("x")
  %one: f32[] = constant(value=f32[] 1)
  %zero: f32[] = constant(value=f32[] -0)
  %neg: f32[2] = neg(%x)
  %mul: f32[2] = mul(%one, %neg)
  %neg.1: f32[2] = neg(%mul)
  %add: f32[2] = add(%neg.1, %zero)
  output "y" = %add
}
)");
  EXPECT_EQ(passed.text, R"(
function {
  %x: f32[2] = input("x")
  %constant: f32[] = constant(value=f32[] 1)
  %constant.1: f32[] = constant(value=f32[] -0)
  %neg: f32[2] = neg(%x)
  output "y" = %x
}
)");
  EXPECT_THAT(passed.receipts, ElementsAre("simplify/mul_one in f: mul of text:7 [exact]: x * 1 -> x",
                                           "simplify/neg_neg in f: neg of text:8 [exact]: neg(neg(x)) -> x",
                                           "simplify/add_zero in f: add of text:9 [exact]: x + -0 -> x",
                                           "simplify in f: 7 -> 4 nodes [exact]"));
}

TEST(SimplifyTest, WhatARuleRecordsIsLookedAtAgain) {
  // Three reshapes in a row: the one that is recorded meets the next.
  EXPECT_EQ(RunPass(SimplifyPass(), R"(
function {
  %x: f32[n,6] = input("x")
  %a = reshape(%x, shape=[6*n])
  %b = reshape(%a, shape=[2*n,3])
  %c = reshape(%b, shape=[3*n,2])
  output "c" = %c
  output "b" = %b
}
)")
                .text,
            R"(
function {
  %x: f32[n,6] = input("x")
  %reshape: f32[6*n] = reshape(%x, shape=[6*n])
  %reshape.1: f32[2*n,3] = reshape(%x, shape=[2*n,3])
  %reshape.2: f32[3*n,2] = reshape(%x, shape=[3*n,2])
  output "c" = %reshape.2
  output "b" = %reshape.1
}
)");
}

constexpr char kTimesZero[] = R"(
function {
  %x: f32[n] = input("x")
  %constant: f32[] = constant(value=f32[] 0)
  %mul: f32[n] = mul(%x, %constant)
  output "y" = %mul
}
)";

TEST(SimplifyTest, InexactRulesSaySo) {
  const Passed passed = RunPass(SimplifyPass(), kTimesZero);
  EXPECT_THAT(passed.text, HasSubstr("%full: f32[n] = full(type=f32[n], value=0)\n  output \"y\" = %full"));
  EXPECT_THAT(passed.receipts,
              ElementsAre("simplify/mul_zero in f: mul of text:5 [inexact]: x * 0 -> 0", "simplify in f [inexact]"));
}

TEST(SimplifyTest, InexactRulesMayBeLeftOut) {
  const Passed passed = RunPass(SimplifyPass(/*exact_only=*/true), kTimesZero);
  EXPECT_FALSE(passed.changed);
  EXPECT_EQ(passed.text, kTimesZero);
  EXPECT_THAT(passed.receipts, IsEmpty());
}

TEST(SimplifyTest, AReaderThatBroadcastsNeedsNoBroadcast) {
  const Passed passed = RunPass(SimplifyPass(), R"(
function {
  %x: f32[n,3] = input("x")
  %row: f32[3] = input("row")
  %wide: f32[n,3] = broadcast_to(%row, shape=[n,3])
  %sum: f32[n,3] = add(%x, %wide)
  %twice: f32[n,3] = add(%wide, %wide)
  output "sum" = %sum
  output "twice" = %twice
}
)");
  // Of two broadcast operands one must stay, or the result would shrink.
  EXPECT_EQ(passed.text, R"(
function {
  %x: f32[n,3] = input("x")
  %row: f32[3] = input("row")
  %broadcast_to: f32[n,3] = broadcast_to(%row, shape=[n,3])
  %add: f32[n,3] = add(%x, %row)
  %add.1: f32[n,3] = add(%row, %broadcast_to)
  output "sum" = %add
  output "twice" = %add.1
}
)");
  EXPECT_THAT(passed.receipts,
              ElementsAre("simplify/drop_broadcast in f: add of text:6 [exact]: f(x, broadcast(y)) -> f(x, y)",
                          "simplify/drop_broadcast in f: add of text:7 [exact]: f(x, broadcast(y)) -> f(x, y)",
                          "simplify in f [exact]"));
}

TEST(SimplifyTest, BodiesOfLoopsWithinLoops) {
  EXPECT_EQ(RunPass(SimplifyPass(), R"(
function {
  %x: f32[] = input("x")
  %scan: f32[] = scan(%x, length=[3], num_carries=1, num_stacked=0, body={
    %carry_0: f32[] = input("carry_0")
    %scan: f32[] = scan(%carry_0, length=[2], num_carries=1, num_stacked=0, body={
      %carry_0: f32[] = input("carry_0")
      %a: f32[] = neg(%carry_0)
      %b: f32[] = neg(%a)
      output "carry_0" = %b
    })
    output "carry_0" = %scan
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
    %scan: f32[] = scan(%carry_0, length=[2], num_carries=1, num_stacked=0, body={
      %carry_0: f32[] = input("carry_0")
      %neg: f32[] = neg(%carry_0)
      output "carry_0" = %carry_0
    })
    output "carry_0" = %scan
  })
  output "y" = %scan
}
)");
}

// An op of this name beside those of the tests, with one rule.
std::unique_ptr<OpRegistry> WithRule(const char* name, RewriteRule rule) {
  std::unique_ptr<OpRegistry> registry = pass_ops::MakeRegistry();
  OpDef def = *registry->Find("neg");
  def.name = name;
  def.simplify = {std::move(rule)};
  WEFT_EXPECT_OK(registry->Add(std::move(def)));
  return registry;
}

TEST(SimplifyTest, ARuleThatChangesTheTypeIsNamed) {
  auto half = [](RewriteContext& c) {
    return c.builder().Record("halves", {c.input(0)}, {}, SourceLocation::current(), 2)[0];
  };
  auto registry = WithRule("broken", {"halve", true, half, "x -> half of it"});
  const Passed passed = RunPass(
      SimplifyPass(), "function { %x: f32[4] = input(\"x\") %y = broken(%x) output \"y\" = %y }", registry.get());
  EXPECT_THAT(passed.status, StatusIs(absl::StatusCode::kInternal,
                                      AllOf(HasSubstr("pass simplify, function 'f'"),
                                            HasSubstr("rule 'halve' of op 'broken' gives f32[2] in place of f32[4]"))));
}

TEST(SimplifyTest, ARuleThatFailsIsAnError) {
  auto fail = [](RewriteContext& c) { return c.builder().Error(absl::InternalError("as asked")); };
  auto registry = WithRule("broken", {"fail", true, fail, ""});
  EXPECT_THAT(RunPass(SimplifyPass(), "function { %x: f32[4] = input(\"x\") %y = broken(%x) }", registry.get()).status,
              StatusIs(absl::StatusCode::kInternal, AllOf(HasSubstr("pass simplify"), HasSubstr("as asked"))));
}

// Two rules that undo each other are a mistake, but no endless loop.
TEST(SimplifyTest, RulesThatNeverSettleEnd) {
  auto again = [](RewriteContext& c) {
    return c.builder().Record1("restless", {c.input(0)}, {}, SourceLocation::current());
  };
  auto registry = WithRule("restless", {"again", true, again, ""});
  const auto module = pass_ops::ParseForPass(
      "function { %x: f32[4] = input(\"x\") %y = restless(%x) output \"y\" = %y }", registry.get());
  WEFT_EXPECT_OK(SimplifyPass().run(module, Target()));
}

}  // namespace
}  // namespace weft
