// layout: which variables live in panels, and where their values are put back into rows.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
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
using ::testing::Not;

TEST(LayoutTest, AWeightThatAProductReadsLivesInPanelsWithItsMoment) {
  const Passed passed = RunPass(LayoutPass(), R"(
module {
  variable "w": f32[64,128] trainable kind "weight"
  variable "m": f32[64,128] kind "optimizer"
  variable "b": f32[128] trainable kind "weight"
  function "predict" {
    %x: f32[n,64] = input("x")
    %w = variable("w")
    %b = variable("b")
    %p = matmul(%x, %w)
    %y = add(%p, %b)
    output "y" = %y
  }
  function "train_step" {
    %g: f32[64,128] = input("g")
    %m = variable("m")
    %w = variable("w")
    %c = constant(value=f32[] 0.5)
    %scaled = mul(%m, %c)
    %new_m = add(%scaled, %g)
    %new_w = sub(%w, %new_m)
    update "m" = %new_m
    update "w" = %new_w
  }
}
)");
  EXPECT_EQ(passed.text, R"(
module {
  variable "w": f32[64,128]{panels64} trainable kind "weight"
  variable "m": f32[64,128] kind "optimizer"
  variable "b": f32[128] trainable kind "weight"
  function "predict" {
    %x: f32[n,64] = input("x")
    %w: f32[64,128]{panels64} = variable("w")
    %b: f32[128] = variable("b")
    %matmul: f32[n,128] = matmul(%x, %w)
    %add: f32[n,128] = add(%matmul, %b)
    output "y" = %add
  }
  function "train_step" {
    %g: f32[64,128] = input("g")
    %m: f32[64,128] = variable("m")
    %w: f32[64,128]{panels64} = variable("w")
    %constant: f32[] = constant(value=f32[] 0.5)
    %mul: f32[64,128] = mul(%m, %constant)
    %add: f32[64,128] = add(%mul, %g)
    %relayout: f32[64,128]{panels64} = relayout(%add, layout="panels64")
    %sub: f32[64,128]{panels64} = sub(%w, %relayout)
    update "m" = %add
    update "w" = %sub
  }
}
)");
}

// As fusion leaves an update: one node over w, m and the gradient, which gives both.
TEST(LayoutTest, VariablesOfOneUpdateGoTogether) {
  const Passed passed = RunPass(LayoutPass(), R"(
module {
  variable "w": f32[64,128]
  variable "m": f32[64,128]
  function "predict" {
    %x: f32[n,64] = input("x")
    %w = variable("w")
    %y = matmul(%x, %w)
    output "y" = %y
  }
  function "train_step" {
    %g: f32[64,128] = input("g")
    %w = variable("w")
    %m = variable("m")
    %new_w, %new_m = program(%w, %m, %g, body={
      %x0: f32[] = input("x0")
      %x1: f32[] = input("x1")
      %x2: f32[] = input("x2")
      %a = add(%x1, %x2)
      %b = sub(%x0, %a)
      output "y0" = %b
      output "y1" = %a
    })
    output "old" = %w
    update "w" = %new_w
    update "m" = %new_m
  }
}
)");
  EXPECT_THAT(
      passed.text,
      AllOf(
          HasSubstr("variable \"m\": f32[64,128]{panels64}"),
          HasSubstr("%relayout: f32[64,128]{panels64} = relayout(%g, layout=\"panels64\")"),
          HasSubstr("%program: f32[64,128]{panels64}, %program.1: f32[64,128]{panels64} = program(%w, %m, %relayout"),
          // Results of a function are row-major.
          HasSubstr("%relayout.1: f32[64,128] = relayout(%w, layout=\"row_major\")\n    output \"old\" = %relayout.1"),
          HasSubstr("update \"m\" = %program.1")))
      << passed.text;
  EXPECT_THAT(
      passed.receipts,
      ElementsAre("layout/panels64: w: f32[64,128] lives in panels of 64 columns [exact]: products read it as it lies; "
                  "elementwise updates do not care",
                  "layout/panels64: m: f32[64,128] lives in panels of 64 columns [exact]: products read it as it lies; "
                  "elementwise updates do not care",
                  "layout in predict [exact]",
                  "layout in train_step: 4 -> 6 nodes [exact]: 2 values change their layout on the way"));
}

std::string OneVariable(const std::string& type, const std::string& product, const std::string& rest = "") {
  return absl::StrCat("module {\n  variable \"w\": ", type, "\n  function \"f\" {\n    %x: ", product,
                      " = input(\"x\")\n    %w = variable(\"w\")\n    %y = matmul(%x, %w)\n    output \"y\" = %y\n",
                      rest, "  }\n}\n");
}

TEST(LayoutTest, SmallNarrowAndOtherWeightsStay) {
  EXPECT_TRUE(RunPass(LayoutPass(), OneVariable("f32[64,64]", "f32[n,64]")).changed);
  for (const auto& [type, product] : {std::pair<std::string, std::string>{"f32[63,64]", "f32[n,63]"},  // small
                                      {"f32[1000,10]", "f32[n,1000]"},  // padding would be most of it
                                      {"f32[0,64]", "f32[n,0]"},
                                      {"f64[64,64]", "f64[n,64]"}}) {
    const Passed passed = RunPass(LayoutPass(), OneVariable(type, product));
    WEFT_EXPECT_OK(passed.status);
    EXPECT_FALSE(passed.changed) << type;
    EXPECT_THAT(passed.receipts, IsEmpty());
  }
}

TEST(LayoutTest, AReaderThatNeedsRowsGetsThem) {
  const std::string once = "    %r = reshape(%w, shape=[4096])\n    output \"r\" = %r\n";
  const Passed passed = RunPass(LayoutPass(), OneVariable("f32[64,64]", "f32[n,64]", once));
  EXPECT_THAT(passed.text, HasSubstr(R"(
    %relayout: f32[64,64] = relayout(%w, layout="row_major")
    %reshape: f32[4096] = reshape(%relayout, shape=[4096]))"));
  // With more such readers than products the variable stays as it is.
  const std::string twice = once + "    %s = reshape(%w, shape=[32,128])\n    output \"s\" = %s\n";
  EXPECT_FALSE(RunPass(LayoutPass(), OneVariable("f32[64,64]", "f32[n,64]", twice)).changed);
}

TEST(LayoutTest, WhatNoProductReadsStays) {
  EXPECT_FALSE(RunPass(LayoutPass(), R"(
module {
  variable "w": f32[64,128]
  function "f" {
    %w = variable("w")
    %y = neg(%w)
    update "w" = %y
  }
}
)")
                   .changed);
}

// The body of a loop knows no layouts: it captures rows.
// What a loop reads as products do lies in panels inside of it: a variable, and what is computed before the loop.
TEST(LayoutTest, LoopsCapturePanels) {
  const Passed passed = RunPass(LayoutPass(), R"(
module {
  variable "w": f32[64,64]
  function "f" {
    %x: f32[n,64] = input("x")
    %v: f32[64,64] = input("v")
    %w = variable("w")
    %scan = scan(%x, %w, %v, length=[3], num_carries=1, num_stacked=0, body={
      %carry_0: f32[n,64] = input("carry_0")
      %captured_0: f32[64,64] = input("captured_0")
      %captured_1: f32[64,64] = input("captured_1")
      %y = matmul(%carry_0, %captured_0)
      %z = matmul(%y, %captured_1)
      output "carry_0" = %z
    })
    output "y" = %scan
  }
}
)");
  EXPECT_THAT(passed.text, AllOf(HasSubstr("variable \"w\": f32[64,64]{panels64}"),
                                 HasSubstr("%relayout: f32[64,64]{panels64} = relayout(%v, layout=\"panels64\")"),
                                 HasSubstr("scan(%x, %w, %relayout, "),
                                 HasSubstr("%captured_0: f32[64,64]{panels64} = input(\"captured_0\")"),
                                 HasSubstr("%captured_1: f32[64,64]{panels64} = input(\"captured_1\")")));
}

// A loop within the loop reads it; and where something else reads it too, the loop gets rows.
TEST(LayoutTest, LoopsWithinLoopsAndOtherReaders) {
  const auto text = [](const char* more) {
    return absl::StrCat(R"(
module {
  variable "w": f32[64,64]
  function "f" {
    %x: f32[n,64] = input("x")
    %w = variable("w")
    %p = matmul(%x, %w)
    %scan = scan(%p, %w, length=[3], num_carries=1, num_stacked=0, body={
      %carry_0: f32[n,64] = input("carry_0")
      %captured_0: f32[64,64] = input("captured_0")
      %inner = scan(%carry_0, %captured_0, length=[2], num_carries=1, num_stacked=0, body={
        %carry_0: f32[n,64] = input("carry_0")
        %captured_0: f32[64,64] = input("captured_0")
        %y = matmul(%carry_0, %captured_0))",
                        more, R"(
        output "carry_0" = %y
      })
      output "carry_0" = %inner
    })
    output "y" = %scan
  }
}
)");
  };
  const Passed products = RunPass(LayoutPass(), text(""));
  EXPECT_THAT(products.text, AllOf(HasSubstr("variable \"w\": f32[64,64]{panels64}"), Not(HasSubstr("relayout"))));
  const Passed other = RunPass(LayoutPass(), text("\n        %h = relu(%captured_0)\n        %i = add(%h, %h)"));
  EXPECT_THAT(other.text, HasSubstr("%relayout: f32[64,64] = relayout(%w, layout=\"row_major\")"));
}

}  // namespace
}  // namespace weft
