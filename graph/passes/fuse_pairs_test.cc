// FusePairs: matmul(a, b) and scale(b, by) become matmul_scale(a, b, by). Text in, text out.
#include "graph/passes/fuse_pairs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/testing/status_matchers.h"
#include "graph/passes/passes.h"
#include "graph/passes/testing/run_pass.h"

namespace weft {
namespace {

using pass_ops::Passed;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

PairFusion MatMulScale() {
  return {.op = "matmul_scale",
          .why = "b is read once",
          .is_first = [](const Graph&, const Node& node) { return node.op->name == "matmul"; },
          .is_second = [](const Graph&, const Node& node) { return node.op->name == "scale"; },
          .attrs = [](const Graph&, const Node&, const Node& second,
                      const OpRegistry&) { return absl::StatusOr<AttrMap>(*second.attrs); }};
}

// RunPass sees to it that what was joined is not joined again, and that nothing is said of what did not change.
Passed RunRule(const std::string& text, PairFusion fusion = MatMulScale()) {
  const std::unique_ptr<OpRegistry> registry = pass_ops::MakeRegistry();
  registry->Add(PairFusionRule(std::move(fusion)));
  return pass_ops::RunPass(FusePass(), text, registry.get());
}

TEST(FusePairsTest, TwoReadersOfAValueBecomeOne) {
  const Passed passed = RunRule(R"(
function {
  %a: f32[n,6] = input("a")
  %b: f32[6,4] = input("b")
  %by: f32[] = input("by")
  %p = matmul(%a, %b)
  %s = scale(%b, %by, twice=true)
  output "p" = %p
  output "s" = %s
}
)");
  EXPECT_EQ(passed.text, R"(
function {
  %a: f32[n,6] = input("a")
  %b: f32[6,4] = input("b")
  %by: f32[] = input("by")
  %matmul_scale: f32[n,4], %matmul_scale.1: f32[6,4] = matmul_scale(%a, %b, %by, twice=true)
  output "p" = %matmul_scale
  output "s" = %matmul_scale.1
}
)");
  EXPECT_THAT(passed.receipts, ElementsAre("fuse/matmul_scale in f: matmul (text:6) + scale (text:7) -> matmul_scale "
                                           "[exact]: b is read once",
                                           "fuse in f: 5 -> 4 nodes [exact]"));
}

TEST(FusePairsTest, TheSecondMayStandFirstAndOthersBetweenThem) {
  // What the second is multiplied by comes last and what reads it comes before the first.
  const Passed passed = RunRule(R"(
function {
  %b: f32[6,4] = input("b")
  %late: f32[] = input("late")
  %s = scale(%b, %late)
  %r = reshape(%s, shape=[24])
  %a: f32[n,6] = input("a")
  %c = reshape(%a, shape=[6*n])
  %p = matmul(%a, %b)
  output "r" = %r
  output "c" = %c
  output "p" = %p
}
)");
  EXPECT_EQ(passed.text, R"(
function {
  %b: f32[6,4] = input("b")
  %late: f32[] = input("late")
  %a: f32[n,6] = input("a")
  %matmul_scale: f32[n,4], %matmul_scale.1: f32[6,4] = matmul_scale(%a, %b, %late)
  %reshape: f32[24] = reshape(%matmul_scale.1, shape=[24])
  %reshape.1: f32[6*n] = reshape(%a, shape=[6*n])
  output "r" = %reshape
  output "c" = %reshape.1
  output "p" = %matmul_scale
}
)");
}

TEST(FusePairsTest, EachNodeIsInOnePair) {
  const Passed passed = RunRule(R"(
function {
  %a: f32[n,6] = input("a")
  %b: f32[6,4] = input("b")
  %x: f32[] = input("x")
  %y: f32[] = input("y")
  %z: f32[] = input("z")
  %p = matmul(%a, %b)
  %s = scale(%b, %x)
  %t = scale(%b, %y)
  %q = matmul(%a, %b)
  %u = scale(%b, %z)
  %r = matmul(%a, %b)
  %v = matmul(%a, %b)
  output "p" = %p
  output "s" = %s
  output "t" = %t
  output "q" = %q
  output "u" = %u
  output "r" = %r
  output "v" = %v
}
)");
  EXPECT_EQ(passed.text, R"(
function {
  %a: f32[n,6] = input("a")
  %b: f32[6,4] = input("b")
  %x: f32[] = input("x")
  %y: f32[] = input("y")
  %z: f32[] = input("z")
  %matmul_scale: f32[n,4], %matmul_scale.1: f32[6,4] = matmul_scale(%a, %b, %x)
  %matmul_scale.2: f32[n,4], %matmul_scale.3: f32[6,4] = matmul_scale(%a, %b, %y)
  %matmul_scale.4: f32[n,4], %matmul_scale.5: f32[6,4] = matmul_scale(%a, %b, %z)
  %matmul: f32[n,4] = matmul(%a, %b)
  output "p" = %matmul_scale
  output "s" = %matmul_scale.1
  output "t" = %matmul_scale.3
  output "q" = %matmul_scale.2
  output "u" = %matmul_scale.5
  output "r" = %matmul_scale.4
  output "v" = %matmul
}
)");
}

constexpr char kRefused[] =
    "fuse/matmul_scale in f: matmul (text:6) + scale (text:5) -> matmul_scale [not done]: one of the two needs a "
    "result of the other";

TEST(FusePairsTest, IsRefusedWhereOneNeedsTheOther) {
  const Passed passed = RunRule(R"(
function {
  %b: f32[4,4] = input("b")
  %by: f32[] = input("by")
  %s = scale(%b, %by)
  %p = matmul(%s, %b)
  output "p" = %p
}
)");
  EXPECT_FALSE(passed.changed);
  EXPECT_THAT(passed.receipts, ElementsAre(kRefused));
}

TEST(FusePairsTest, IsRefusedWhereOneNeedsTheOtherByWayOfAnotherPair) {
  // q and t need nothing of each other until p and s are one: q needs p, and s needs t.
  const Passed passed = RunRule(R"(
function {
  %v: f32[4,4] = input("v")
  %w: f32[4,4] = input("w")
  %t = scale(%w, %v)
  %p = matmul(%w, %v)
  %s = scale(%v, %t)
  %q = matmul(%p, %w)
  output "s" = %s
  output "q" = %q
}
)");
  EXPECT_THAT(passed.receipts,
              ElementsAre("fuse/matmul_scale in f: matmul (text:6) + scale (text:7) -> matmul_scale [exact]: b is read "
                          "once",
                          "fuse/matmul_scale in f: matmul (text:8) + scale (text:5) -> matmul_scale [not done]: one of "
                          "the two needs a result of the other",
                          "fuse in f: 6 -> 5 nodes [exact]"));
  EXPECT_EQ(passed.text, R"(
function {
  %v: f32[4,4] = input("v")
  %w: f32[4,4] = input("w")
  %scale: f32[4,4] = scale(%w, %v)
  %matmul_scale: f32[4,4], %matmul_scale.1: f32[4,4] = matmul_scale(%w, %v, %scale)
  %matmul: f32[4,4] = matmul(%matmul_scale, %w)
  output "s" = %matmul_scale.1
  output "q" = %matmul
}
)");
}

TEST(FusePairsTest, OtherReadersOfTheValueStayAsTheyAre) {
  const Passed passed = RunRule(R"(
function {
  %a: f32[4,4] = input("a")
  %b: f32[4,4] = input("b")
  %p = matmul(%a, %b)
  %s = scale(%a, %b)
  %r = reshape(%b, shape=[16])
  output "p" = %p
  output "s" = %s
  output "r" = %r
}
)");
  EXPECT_FALSE(passed.changed);
  EXPECT_THAT(passed.receipts, IsEmpty());
}

TEST(FusePairsTest, FailedAttributesAreAnError) {
  PairFusion fusion = MatMulScale();
  fusion.attrs = [](const Graph&, const Node&, const Node&, const OpRegistry&) -> absl::StatusOr<AttrMap> {
    return absl::InternalError("as asked");
  };
  const char text[] =
      "function { %a: f32[4,4] = input(\"a\") %p = matmul(%a, %a) %s = scale(%a, %a) output \"p\" = %p output \"s\" = "
      "%s }";
  EXPECT_THAT(RunRule(text, fusion).status, StatusIs(absl::StatusCode::kInternal, HasSubstr("as asked")));
}

}  // namespace
}  // namespace weft
