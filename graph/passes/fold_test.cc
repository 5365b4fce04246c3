// fold: what depends on constants alone becomes a constant, with the bits that a run would give.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "core/testing/status_matchers.h"
#include "graph/passes/passes.h"
#include "graph/passes/testing/run_pass.h"

namespace weft {
namespace {

using pass_ops::Passed;
using pass_ops::RunPass;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(FoldTest, ComputesWhatDependsOnConstantsAlone) {
  const Passed passed = RunPass(FoldPass(), R"(
function {
  %x: f32[2] = input("x")
  %c: f32[2] = constant(value=f32[2] {1, 2})
  %d: f32[] = constant(value=f32[] 3)
  %sum: f32[2] = add(%c, %d)
  %negated: f32[2] = neg(%sum)
  %flat: f32[2,1] = reshape(%negated, shape=[2,1])
  %back: f32[2] = reshape(%flat, shape=[2])
  %y: f32[2] = add(%x, %back)
  output "y" = %y
}
)");
  EXPECT_EQ(passed.text, R"(
function {
  %x: f32[2] = input("x")
  %constant: f32[2] = constant(value=f32[2] {1, 2})
  %constant.1: f32[] = constant(value=f32[] 3)
  %constant.2: f32[2] = constant(value=f32[2] {4, 5})
  %constant.3: f32[2] = constant(value=f32[2] {-4, -5})
  %constant.4: f32[2,1] = constant(value=f32[2,1] {{-4}, {-5}})
  %constant.5: f32[2] = constant(value=f32[2] {-4, -5})
  %add: f32[2] = add(%x, %constant.5)
  output "y" = %add
}
)");
  EXPECT_THAT(passed.receipts, ElementsAre("fold in f [exact]"));
}

TEST(FoldTest, EveryResultOfANode) {
  EXPECT_EQ(RunPass(FoldPass(), R"(
function {
  %c: f32[3] = constant(value=f32[3] {1, 2, 3})
  %a, %b = halves(%c)
  output "a" = %a
  output "b" = %b
}
)")
                .text,
            R"(
function {
  %constant: f32[3] = constant(value=f32[3] {1, 2, 3})
  %constant.1: f32[2] = constant(value=f32[2] {1, 2})
  %constant.2: f32[1] = constant(value=f32[1] {3})
  output "a" = %constant.1
  output "b" = %constant.2
}
)");
}

TEST(FoldTest, FillsAreFoldedToScalarsOnly) {
  EXPECT_EQ(RunPass(FoldPass(), R"(
function {
  %full: f32[] = full(type=f32[], value=2)
  %full.1: f32[4] = full(type=f32[4], value=2)
  output "scalar" = %full
  output "vector" = %full.1
}
)")
                .text,
            R"(
function {
  %constant: f32[] = constant(value=f32[] 2)
  %full: f32[4] = full(type=f32[4], value=2)
  output "scalar" = %constant
  output "vector" = %full
}
)");
}

// Nothing here may be computed beforehand: chance, sizes that a call gives, loops, inputs, variables; and a broadcast
// stays small as long as it is one.
TEST(FoldTest, LeavesTheRest) {
  const Passed passed = RunPass(FoldPass(), R"(
module {
  variable "v": f32[2]
  function "f" {
  %x: f32[n] = input("x")
  %v: f32[2] = variable("v")
  %noise: f32[2] = noise(shape=[2], stream=0)
  %dim_size: i64[] = dim_size(dim=[n])
  %c: f32[] = constant(value=f32[] 3)
  %broadcast_to: f32[2] = broadcast_to(%c, shape=[2])
  %scan: f32[] = scan(%c, length=[3], num_carries=1, num_stacked=0, body={
    %carry_0: f32[] = input("carry_0")
    output "carry_0" = %carry_0
  })
  %a: f32[n] = add(%x, %c)
  %b: f32[2] = add(%v, %c)
  %noisy: f32[2] = add(%noise, %c)
  output "a" = %a
  output "b" = %b
  output "noisy" = %noisy
  output "size" = %dim_size
  output "wide" = %broadcast_to
  output "last" = %scan
  }
}
)");
  WEFT_EXPECT_OK(passed.status);
  EXPECT_FALSE(passed.changed) << passed.text;
  EXPECT_THAT(passed.receipts, IsEmpty());
}

TEST(FoldTest, ResultsUpTo64KiB) {
  for (const auto& [n, folded] : {std::pair<int, bool>{16384, true}, {16385, false}}) {
    const std::string ones = absl::StrJoin(std::vector<int>(n, 1), ", ");
    const std::string text =
        absl::StrCat("function { %c = constant(value=f32[", n, "] {", ones, "}) %y = neg(%c) output \"y\" = %y }");
    EXPECT_EQ(RunPass(FoldPass(), text).changed, folded);
  }
}

TEST(FoldTest, BodiesOfLoops) {
  const Passed passed = RunPass(FoldPass(), R"(
function {
  %x: f32[] = input("x")
  %scan: f32[] = scan(%x, length=[3], num_carries=1, num_stacked=0, body={
    %carry_0: f32[] = input("carry_0")
    %c: f32[] = constant(value=f32[] 3)
    %d: f32[] = mul(%c, %c)
    %y: f32[] = add(%carry_0, %d)
    output "carry_0" = %y
  })
  output "y" = %scan
}
)");
  EXPECT_EQ(passed.text, R"(
function {
  %x: f32[] = input("x")
  %scan: f32[] = scan(%x, length=[3], num_carries=1, num_stacked=0, body={
    %carry_0: f32[] = input("carry_0")
    %constant: f32[] = constant(value=f32[] 3)
    %constant.1: f32[] = constant(value=f32[] 9)
    %add: f32[] = add(%carry_0, %constant.1)
    output "carry_0" = %add
  })
  output "y" = %scan
}
)");
}

// Programs run with denormals flushed to zero, ops without kernels too.
TEST(FoldTest, DenormalsAreFlushedAsInARun) {
  const Passed passed = RunPass(FoldPass(), R"(
function {
  %tiny: f32[3] = constant(value=f32[3] {1e-40, -1e-40, 2e-38})
  %half: f32[] = constant(value=f32[] 0.5)
  %half64: f64[] = constant(value=f64[] 0.5)
  %tiny64: f64[] = constant(value=f64[] 4e-308)
  %negated: f32[3] = neg(%tiny)
  %product: f32[3] = mul(%tiny, %half)
  %product64: f64[] = mul(%tiny64, %half64)
  output "negated" = %negated
  output "product" = %product
  output "product64" = %product64
}
)");
  EXPECT_THAT(passed.text, AllOf(HasSubstr("%constant.4: f32[3] = constant(value=f32[3] {-0, 0, -2e-38})"),
                                 HasSubstr("%constant.5: f32[3] = constant(value=f32[3] {0, -0, 0})"),
                                 HasSubstr("%constant.6: f64[] = constant(value=f64[] 0)")))
      << passed.text;
}

TEST(FoldTest, AnOpThatCannotRunIsNamed) {
  const Passed passed = RunPass(FoldPass(), R"(
function {
  %c: f32[1,1] = constant(value=f32[1,1] {{1}})
  %y: f32[1,1] = matmul(%c, %c)
  output "y" = %y
}
)");
  EXPECT_THAT(passed.status, StatusIs(absl::StatusCode::kUnimplemented,
                                      AllOf(HasSubstr("pass fold, function 'f'"), HasSubstr("matmul"),
                                            HasSubstr("text:4"), HasSubstr("does not run"))));
}

}  // namespace
}  // namespace weft
