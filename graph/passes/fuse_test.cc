// fuse: programs, epilogues, and the receipts of what was not fused.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "core/testing/status_matchers.h"
#include "graph/ir/builder.h"
#include "graph/passes/passes.h"
#include "graph/passes/testing/run_pass.h"

namespace weft {
namespace {

using pass_ops::Passed;
using pass_ops::RunPass;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

TEST(FuseTest, NeighboursBecomeAProgram) {
  const Passed passed = RunPass(FusePass(), R"(
function {
  %x: f32[n] = input("x")
  %row: f32[1] = input("row")
  %c: f32[] = constant(value=f32[] 2)
  %a = mul(%x, %c)
  %b = add(%a, %row)
  %d = relu(%b)
  %e = sub(%d, %a)
  output "d" = %d
  output "e" = %e
}
)");
  EXPECT_EQ(passed.text, R"(
function {
  %x: f32[n] = input("x")
  %row: f32[1] = input("row")
  %constant: f32[] = constant(value=f32[] 2)
  %program: f32[n], %program.1: f32[n] = program(%x, %row, body={
    %x0: f32[] = input("x0")
    %x1: f32[] = input("x1")
    %constant: f32[] = constant(value=f32[] 2)
    %mul: f32[] = mul(%x0, %constant)
    %add: f32[] = add(%mul, %x1)
    %relu: f32[] = relu(%add)
    %sub: f32[] = sub(%relu, %mul)
    output "y0" = %relu
    output "y1" = %sub
  })
  output "d" = %program
  output "e" = %program.1
}
)");
  EXPECT_THAT(passed.receipts,
              ElementsAre("fuse/program in f: mul + add + relu + sub -> program (text:6, text:7, text:8, text:9) "
                          "[exact]: elementwise ops over [n] need no memory between them",
                          "fuse in f: 7 -> 4 nodes [exact]"));
}

TEST(FuseTest, AProgramBehindAProductIsItsEpilogue) {
  const Passed passed = RunPass(FusePass(), R"(
function {
  %x: f32[n,6] = input("x")
  %w: f32[6,4] = input("w")
  %b: f32[4] = input("b")
  %p = matmul(%x, %w)
  %s = add(%p, %b)
  %y = relu(%s)
  output "y" = %y
}
)");
  EXPECT_EQ(passed.text, R"(
function {
  %x: f32[n,6] = input("x")
  %w: f32[6,4] = input("w")
  %b: f32[4] = input("b")
  %matmul_epilogue: f32[n,4] = matmul_epilogue(%x, %w, %b, body={
    %product: f32[] = input("product")
    %x0: f32[] = input("x0")
    %add: f32[] = add(%product, %x0)
    %relu: f32[] = relu(%add)
    output "y0" = %relu
  })
  output "y" = %matmul_epilogue
}
)");
  EXPECT_THAT(passed.receipts,
              ElementsAre("fuse/epilogue in f: matmul + add + relu -> matmul_epilogue (text:6, text:7, text:8) "
                          "[exact]: elementwise ops over [n,4] need no memory between them",
                          "fuse in f: 6 -> 4 nodes [exact]"));
}

TEST(FuseTest, AProductThatIsReadElsewhereIsHandedOutFirst) {
  EXPECT_EQ(RunPass(FusePass(), R"(
function {
  %x: f32[n,6] = input("x")
  %w: f32[6,4] = input("w")
  %p = matmul(%x, %w)
  %y = relu(%p)
  output "p" = %p
  output "y" = %y
}
)")
                .text,
            R"(
function {
  %x: f32[n,6] = input("x")
  %w: f32[6,4] = input("w")
  %matmul_epilogue: f32[n,4], %matmul_epilogue.1: f32[n,4] = matmul_epilogue(%x, %w, body={
    %product: f32[] = input("product")
    %relu: f32[] = relu(%product)
    output "y0" = %product
    output "y1" = %relu
  })
  output "p" = %matmul_epilogue
  output "y" = %matmul_epilogue.1
}
)");
}

TEST(FuseTest, OfTwoProductsOneHasTheEpilogue) {
  const Passed passed = RunPass(FusePass(), R"(
function {
  %x: f32[n,4] = input("x")
  %w: f32[4,4] = input("w")
  %p = matmul(%x, %w)
  %q = matmul(%x, %w)
  %y = add(%p, %q)
  output "y" = %y
}
)");
  EXPECT_THAT(passed.text, AllOf(HasSubstr("%matmul: f32[n,4] = matmul(%x, %w)\n"),
                                 HasSubstr("= matmul_epilogue(%x, %w, %matmul, body={")));
}

// A node between leaves the program: what lies on both sides of it is two programs.
TEST(FuseTest, GroupsFormNoCycle) {
  const Passed passed = RunPass(FusePass(), R"(
function {
  %x: f32[n,n] = input("x")
  %a = neg(%x)
  %b = relu(%a)
  %p = reshape(%b, shape=[n,n])
  %c = add(%a, %p)
  %d = relu(%c)
  output "d" = %d
}
)");
  EXPECT_EQ(passed.text, R"(
function {
  %x: f32[n,n] = input("x")
  %program: f32[n,n], %program.1: f32[n,n] = program(%x, body={
    %x0: f32[] = input("x0")
    %neg: f32[] = neg(%x0)
    %relu: f32[] = relu(%neg)
    output "y0" = %neg
    output "y1" = %relu
  })
  %reshape: f32[n,n] = reshape(%program.1, shape=[n,n])
  %program.2: f32[n,n] = program(%program, %reshape, body={
    %x0: f32[] = input("x0")
    %x1: f32[] = input("x1")
    %add: f32[] = add(%x0, %x1)
    %relu: f32[] = relu(%add)
    output "y0" = %relu
  })
  output "d" = %program.2
}
)");
}

TEST(FuseTest, WhatIsComputedFromStoredValuesSinksToItsReader) {
  // %a is needed by the second program only, and its operand lies in memory anyway.
  EXPECT_THAT(RunPass(FusePass(), R"(
function {
  %x: f32[n] = input("x")
  %a = neg(%x)
  %b = relu(%x)
  %p = reshape(%b, shape=[n])
  %c = add(%a, %p)
  output "c" = %c
}
)")
                  .text,
              HasSubstr(R"(
  %relu: f32[n] = relu(%x)
  %reshape: f32[n] = reshape(%relu, shape=[n])
  %program: f32[n] = program(%x, %reshape, body={
    %x0: f32[] = input("x0")
    %x1: f32[] = input("x1")
    %neg: f32[] = neg(%x0)
    %add: f32[] = add(%neg, %x1)
)"));
}

TEST(FuseTest, ProgramsThatReadTheSameAreJoined) {
  EXPECT_EQ(RunPass(FusePass(), R"(
function {
  %x: f32[n,4] = input("x")
  %y: f32[n,4] = input("y")
  %z: f32[4] = input("z")
  %a = neg(%x)
  %b = mul(%a, %y)
  %c = relu(%y)
  %other = relu(%z)
  output "b" = %b
  output "c" = %c
  output "other" = %other
}
)")
                .text,
            R"(
function {
  %x: f32[n,4] = input("x")
  %y: f32[n,4] = input("y")
  %z: f32[4] = input("z")
  %program: f32[n,4], %program.1: f32[n,4] = program(%x, %y, body={
    %x0: f32[] = input("x0")
    %x1: f32[] = input("x1")
    %neg: f32[] = neg(%x0)
    %mul: f32[] = mul(%neg, %x1)
    %relu: f32[] = relu(%x1)
    output "y0" = %mul
    output "y1" = %relu
  })
  %relu: f32[4] = relu(%z)
  output "b" = %program
  output "c" = %program.1
  output "other" = %relu
}
)");
}

// Where one needs the other, or is behind a product; where the value is broadcast.
TEST(FuseTest, ProgramsThatAreNotJoined) {
  const Passed passed = RunPass(FusePass(), R"(
function {
  %x: f32[4,4] = input("x")
  %row: f32[4] = input("row")
  %a = neg(%x)
  %p = matmul(%a, %x)
  %b = mul(%p, %x)
  %c = relu(%row)
  %d = add(%b, %row)
  output "b" = %b
  output "c" = %c
  output "d" = %d
}
)");
  EXPECT_THAT(passed.text, AllOf(HasSubstr("%neg: f32[4,4] = neg(%x)"), HasSubstr("relu(%row)")));
}

TEST(FuseTest, AProgramIsOfSoManyOps) {
  std::string text = "function {\n  %v0: f32[n] = input(\"x\")\n";
  for (int i = 0; i < 100; ++i) absl::StrAppend(&text, "  %v", i + 1, " = neg(%v", i, ")\n");
  const Passed passed = RunPass(FusePass(), text + "  output \"y\" = %v100\n}\n");
  EXPECT_THAT(passed.receipts, Contains("fuse in f: 101 -> 3 nodes [exact]"));
}

TEST(FuseTest, AProgramIsOfSoManyOperands) {
  std::string text = "function {\n";
  for (int i = 0; i < 60; ++i) absl::StrAppend(&text, "  %x", i, ": f32[n] = input(\"x", i, "\")\n");
  for (int i = 1; i < 60; ++i) {
    absl::StrAppend(&text, "  %s", i, " = add(%", i == 1 ? "x0" : absl::StrCat("s", i - 1), ", %x", i, ")\n");
  }
  const Passed passed = RunPass(FusePass(), text + "  output \"y\" = %s59\n}\n");
  EXPECT_THAT(passed.receipts, Contains("fuse in f: 119 -> 63 nodes [exact]"));
}

TEST(FuseTest, BodiesOfLoops) {
  EXPECT_THAT(RunPass(FusePass(), R"(
function {
  %x: f32[n] = input("x")
  %scan: f32[n] = scan(%x, length=[3], num_carries=1, num_stacked=0, body={
    %carry_0: f32[n] = input("carry_0")
    %a: f32[n] = neg(%carry_0)
    %b: f32[n] = relu(%a)
    output "carry_0" = %b
  })
  output "y" = %scan
}
)")
                  .text,
              HasSubstr(R"(body={
    %carry_0: f32[n] = input("carry_0")
    %program: f32[n] = program(%carry_0, body={
      %x0: f32[] = input("x0")
      %neg: f32[] = neg(%x0)
      %relu: f32[] = relu(%neg)
      output "y0" = %relu
    })
    output "carry_0" = %program
  }))"));
}

// ---- what is not done, and why

TEST(FuseTest, DoublesHaveNoKernels) {
  const Passed passed = RunPass(FusePass(), R"(
function {
  %x: f64[n,n] = input("x")
  %p = matmul(%x, %x)
  %a = neg(%p)
  %b = relu(%a)
  output "y" = %b
}
)");
  EXPECT_FALSE(passed.changed);
  EXPECT_THAT(passed.receipts,
              ElementsAre("fuse/epilogue in f: neg after matmul [not done]: there is no kernel for f64"));
}

TEST(FuseTest, ABroadcastProductHasNoEpilogue) {
  const Passed passed = RunPass(FusePass(), R"(
function {
  %x: f32[1,4] = input("x")
  %w: f32[4,4] = input("w")
  %z: f32[n,4] = input("z")
  %p = matmul(%x, %w)
  %a = add(%z, %p)
  output "a" = %a
}
)");
  EXPECT_FALSE(passed.changed);
  EXPECT_THAT(passed.receipts, ElementsAre("fuse/epilogue in f: add after matmul [not done]: its input is broadcast"));
}

TEST(FuseTest, AProgramSaysWhyItIsNoEpilogue) {
  const Passed passed = RunPass(FusePass(), R"(
function {
  %x: f32[1,4] = input("x")
  %w: f32[4,4] = input("w")
  %z: f32[n,4] = input("z")
  %p = matmul(%x, %w)
  %a = add(%z, %p)
  %b = relu(%a)
  output "b" = %b
}
)");
  EXPECT_THAT(passed.receipts, Contains("fuse/epilogue in f: add + relu -> program (text:7, text:8) [not done]: matmul "
                                        "has no epilogue here: its result is broadcast"));
}

TEST(FuseTest, OneOpAloneStays) {
  const Passed passed = RunPass(FusePass(), "function { %x: f32[n] = input(\"x\") %y = neg(%x) output \"y\" = %y }");
  EXPECT_FALSE(passed.changed);
  EXPECT_THAT(passed.receipts, IsEmpty());
}

// ---- the families' own rules

GraphPtr NegAway(const GraphPtr& graph, const OpRegistry& registry) {
  GraphBuilder b(registry);
  Value x = b.Input("x", {DType::kFloat32, {2}});
  b.Output("y", x);
  static_cast<void>(graph);
  return *b.Build();
}

std::unique_ptr<OpRegistry> WithRule(const char* name, bool exact,
                                     absl::StatusOr<GraphPtr> (*run)(const GraphPtr&, const OpRegistry&)) {
  std::unique_ptr<OpRegistry> registry = pass_ops::MakeRegistry();
  auto rule = std::make_shared<FusionRule>();
  rule->name = name;
  rule->exact = exact;
  rule->run = [run, exact](const GraphPtr& graph, const OpRegistry& ops, std::vector<Receipt>* receipts) {
    Receipt receipt;
    receipt.rule = "own";
    receipt.exact = exact;
    receipts->push_back(receipt);
    return run(graph, ops);
  };
  registry->Add(rule);
  return registry;
}

constexpr char kNeg[] = "function { %x: f32[2] = input(\"x\") %y = neg(%x) output \"y\" = %y }";

TEST(FuseTest, RulesOfFamiliesRun) {
  auto registry = WithRule("own", true, [](const GraphPtr& graph, const OpRegistry& ops) -> absl::StatusOr<GraphPtr> {
    return graph->num_nodes() == 1 ? graph : NegAway(graph, ops);
  });
  const Passed passed = RunPass(FusePass(), kNeg, registry.get());
  EXPECT_THAT(passed.text, Not(HasSubstr("neg")));
  EXPECT_THAT(passed.receipts, ElementsAre("fuse/own in f [exact]", "fuse in f: 2 -> 1 nodes [exact]"));
}

TEST(FuseTest, ARuleThatFailsIsNamed) {
  auto registry = WithRule("own", true, [](const GraphPtr&, const OpRegistry&) -> absl::StatusOr<GraphPtr> {
    return absl::InternalError("as asked");
  });
  EXPECT_THAT(RunPass(FusePass(), kNeg, registry.get()).status,
              StatusIs(absl::StatusCode::kInternal, AllOf(HasSubstr("pass fuse, function 'f'"),
                                                          HasSubstr("fusion rule own"), HasSubstr("as asked"))));
}

}  // namespace
}  // namespace weft
