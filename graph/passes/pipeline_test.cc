// The pipeline: order, passes switched off, exactness, and errors that name the pass which broke a graph.
#include "graph/passes/pipeline.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/testing/status_matchers.h"
#include "graph/ir/module.h"
#include "graph/passes/rewrite.h"
#include "graph/passes/testing/run_pass.h"
#include "graph/text/text.h"

namespace weft {
namespace {

using pass_ops::ParseForPass;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kDense[] = R"(
module {
  variable "w": f32[64,64] trainable kind "weight"
  function "predict" {
    %x: f32[n,64] = input("x")
    %one = constant(value=f32[] 1)
    %two = add(%one, %one)
    %w = variable("w")
    %p = matmul(%x, %w)
    %scaled = mul(%p, %two)
    %same = mul(%scaled, %one)
    %y = relu(%same)
    %again = relu(%same)
    %dead = neg(%y)
    output "y" = %y
    output "again" = %again
  }
}
)";

std::string Text(const OptimizeOptions& options, const std::string& text = kDense) {
  absl::StatusOr<PassResult> result = Optimize(ParseForPass(text), Target(), options);
  EXPECT_THAT(result, IsOk());
  return result.ok() ? "\n" + ToText(*result->module) : "";
}

TEST(PipelineTest, AllPassesInTheirOrder) {
  std::vector<std::string> ran;
  OptimizeOptions options;
  options.after_pass = [&](const Pass& pass, const Module& module) {
    ran.push_back(pass.name);
    EXPECT_NE(module.FindFunction("predict"), nullptr);
  };
  EXPECT_EQ(Text(options), R"(
module {
  variable "w": f32[64,64]{panels64} trainable kind "weight"
  function "predict" {
    %x: f32[n,64] = input("x")
    %w: f32[64,64]{panels64} = variable("w")
    %matmul_epilogue: f32[n,64] = matmul_epilogue(%x, %w, body={
      %product: f32[] = input("product")
      %constant: f32[] = constant(value=f32[] 2)
      %mul: f32[] = mul(%product, %constant)
      %relu: f32[] = relu(%mul)
      output "y0" = %relu
    })
    output "y" = %matmul_epilogue
    output "again" = %matmul_epilogue
  }
}
)");
  EXPECT_THAT(ran, ElementsAre("fold", "simplify", "cse", "hoist", "dce", "fuse", "dce", "layout"));
  std::vector<std::string> listed;
  for (const Pass& pass : DefaultPasses()) {
    listed.push_back(pass.name);
    EXPECT_NE(pass.doc, "");
  }
  EXPECT_EQ(listed, ran);
}

TEST(PipelineTest, OptimizedAgainItIsTheSame) {
  absl::StatusOr<PassResult> once = Optimize(ParseForPass(kDense), Target());
  WEFT_ASSERT_OK(once);
  WEFT_ASSERT_OK_AND_ASSIGN(PassResult twice, Optimize(once->module, Target()));
  EXPECT_EQ(ToText(*twice.module), ToText(*once->module));
}

TEST(PipelineTest, PassesMayBeSwitchedOffByName) {
  const struct {
    const char* pass;
    const char* sign;  // of the pass not having run
  } kCases[] = {{"fold", "add(%constant, %constant)"},
                {"simplify", " = mul(%mul, %constant"},
                {"cse", "output \"again\" = %matmul_epilogue.1"},
                {"fuse", "f32[n,64] = relu("},
                {"layout", "variable \"w\": f32[64,64] trainable"}};
  const std::string all = Text({});
  for (const auto& test : kCases) {
    EXPECT_THAT(all, Not(HasSubstr(test.sign))) << test.pass;
    EXPECT_THAT(Text({.disable = {test.pass}}), HasSubstr(test.sign)) << test.pass;
  }
  // Both times that dce stands in the list.
  std::vector<std::string> ran;
  EXPECT_THAT(Text({.disable = {"hoist", "dce", "fuse", "layout"},
                    .after_pass = [&](const Pass& pass, const Module&) { ran.push_back(pass.name); }}),
              HasSubstr("= neg("));
  EXPECT_THAT(ran, ElementsAre("fold", "simplify", "cse"));
  EXPECT_EQ(Text({.disable = {"fold", "simplify", "cse", "hoist", "dce", "fuse", "layout"}}),
            "\n" + ToText(*ParseForPass(kDense)));
}

TEST(PipelineTest, AnUnknownNameIsAnError) {
  EXPECT_THAT(
      Optimize(ParseForPass(kDense), Target(), {.disable = {"simplfy"}}),
      StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("there is no pass 'simplfy'; did you mean 'simplify'?")));
}

constexpr char kTimesZero[] = R"(
function {
  %x: f32[2] = input("x")
  %zero = constant(value=f32[] 0)
  %y = mul(%x, %zero)
  output "y" = %y
}
)";

TEST(PipelineTest, OnlyExactRewritesIfAskedFor) {
  EXPECT_THAT(Text({}, kTimesZero), Not(HasSubstr("mul")));
  EXPECT_THAT(Text({.exact_only = true}, kTimesZero), HasSubstr("mul"));
}

// ---- rules that break the graph

GraphPtr Recorded(const OpRegistry& registry, const std::function<void(GraphBuilder&)>& record) {
  GraphBuilder b(registry);
  record(b);
  absl::StatusOr<GraphPtr> graph = b.Build();
  EXPECT_THAT(graph, IsOk());
  return graph.ok() ? *graph : nullptr;
}

// Optimizes kTimesZero with a family's rule of fusion that gives `result`.
absl::StatusOr<PassResult> WithFusionRule(bool exact, const OptimizeOptions& options,
                                          const std::function<GraphPtr(const OpRegistry&)>& result) {
  static auto* const registries = new std::vector<std::unique_ptr<OpRegistry>>;  // a module's outlives it
  registries->push_back(pass_ops::MakeRegistry());
  auto rule = std::make_shared<FusionRule>();
  rule->name = "own";
  rule->exact = exact;
  rule->run = [result](const GraphPtr&, const OpRegistry& registry, std::vector<Receipt>*) -> absl::StatusOr<GraphPtr> {
    return result(registry);
  };
  registries->back()->Add(rule);
  return Optimize(ParseForPass(kTimesZero, registries->back().get()), Target(), options);
}

TEST(PipelineTest, AnInexactRuleOfFusionIsLeftOutIfAskedFor) {
  const TensorType type{DType::kFloat32, {2}};
  auto identity = [&](const OpRegistry& registry) {
    return Recorded(registry, [&](GraphBuilder& b) { b.Output("y", b.Input("x", type)); });
  };
  auto text = [&](bool exact, bool exact_only) {
    absl::StatusOr<PassResult> result = WithFusionRule(exact, {.exact_only = exact_only}, identity);
    EXPECT_THAT(result, IsOk());
    return result.ok() ? ToText(*result->module) : "";
  };
  EXPECT_THAT(text(/*exact=*/false, /*exact_only=*/true), HasSubstr("mul"));
  EXPECT_THAT(text(/*exact=*/false, /*exact_only=*/false), Not(HasSubstr("mul")));
  EXPECT_THAT(text(/*exact=*/true, /*exact_only=*/true), Not(HasSubstr("mul")));
}

TEST(PipelineTest, APassThatBreaksTheFunctionsInterfaceIsNamed) {
  const TensorType type{DType::kFloat32, {2}}, other{DType::kFloat32, {3}};
  const struct {
    const char* error;
    std::function<void(GraphBuilder&)> record;
  } kCases[] = {
      {"input 0 was 'x' f32[2], is 'z' f32[2]", [&](GraphBuilder& b) { b.Output("y", b.Input("z", type)); }},
      {"input 0 was 'x' f32[2], is 'x' f32[3]", [&](GraphBuilder& b) { b.Output("y", b.Input("x", other)); }},
      {"it had 1 inputs, now it has 2",
       [&](GraphBuilder& b) {
         b.Output("y", b.Input("x", type));
         b.Input("z", type);
       }},
      {"it had 1 outputs, now it has 0", [&](GraphBuilder& b) { b.Input("x", type); }},
      {"output 0 was 'y' f32[2], is 'q' f32[2]", [&](GraphBuilder& b) { b.Output("q", b.Input("x", type)); }},
      {"output 0 was 'y' f32[2], is 'y' f32[]",
       [&](GraphBuilder& b) {
         b.Input("x", type);
         b.Output("y", b.Constant(Tensor::Scalar(DType::kFloat32, 0)));
       }},
      {"it had 0 updates, now it has 1",
       [&](GraphBuilder& b) {
         Value x = b.Input("x", type);
         b.Output("y", x);
         b.Update("v", x);
       }},
  };
  for (const auto& test : kCases) {
    EXPECT_THAT(
        WithFusionRule(true, {}, [&](const OpRegistry& registry) { return Recorded(registry, test.record); }),
        StatusIs(absl::StatusCode::kInternal, AllOf(HasSubstr("pass fuse, function 'f'"), HasSubstr(test.error))));
  }
}

TEST(PipelineTest, ARuleThatGivesNoGraphIsNamed) {
  EXPECT_THAT(
      WithFusionRule(true, {}, [](const OpRegistry&) { return nullptr; }),
      StatusIs(absl::StatusCode::kInternal, AllOf(HasSubstr("pass fuse, function 'f'"), HasSubstr("fusion rule own"))));
}

}  // namespace
}  // namespace weft
