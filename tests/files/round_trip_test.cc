// Every op of the list, its gradient, and what the passes make of both, through the text form and the file format.
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/testing/status_matchers.h"
#include "graph/autodiff/gradients.h"
#include "graph/ir/builder.h"
#include "graph/passes/pipeline.h"
#include "graph/proto/module_file.h"
#include "graph/text/dump.h"
#include "graph/text/text.h"
#include "gtest/gtest.h"
#include "ops/all_ops.h"
#include "ops/testing/all_cases.h"

namespace weft {
namespace {

// A function of the case's inputs: the op's results and, where all of them are floats that have one, the gradients.
absl::StatusOr<std::shared_ptr<const Module>> ModuleOf(const OpCase& op_case, bool gradients) {
  GraphBuilder builder(AllOps());
  std::vector<Value> inputs, floats;
  for (size_t i = 0; i < op_case.inputs.size(); ++i) {
    const CaseInput& input = op_case.inputs[i];
    inputs.push_back(builder.Input(absl::StrCat("x", i), {input.dtype, Shape::FromDims(input.dims)}));
    if (IsFloat(input.dtype)) floats.push_back(inputs.back());
  }
  std::vector<Value> results = op_case.record(builder, inputs), ys;
  for (size_t i = 0; i < results.size(); ++i) {
    builder.Output(absl::StrCat("y", i), results[i]);
    if (IsFloat(results[i].dtype())) ys.push_back(results[i]);
  }
  if (gradients) {
    WEFT_RETURN_IF_ERROR(builder.status());
    WEFT_ASSIGN_OR_RETURN(const std::vector<Value> dxs, Gradients(ys, floats));
    for (size_t i = 0; i < dxs.size(); ++i) builder.Output(absl::StrCat("dx", i), dxs[i]);
  }
  WEFT_ASSIGN_OR_RETURN(GraphPtr graph, builder.Build());
  auto module = std::make_shared<Module>(AllOps());
  WEFT_RETURN_IF_ERROR(module->AddFunction("f", std::move(graph)));
  return module;
}

void ExpectRoundTrips(const Module& module, bool recorded) {
  const std::string text = ToText(module);
  WEFT_ASSERT_OK_AND_ASSIGN(const Module parsed, ParseModule(text, AllOps()));
  EXPECT_TRUE(StructurallyEqual(*module.FindFunction("f"), *parsed.FindFunction("f"))) << text;
  EXPECT_EQ(ToText(parsed), text);

  WEFT_ASSERT_OK_AND_ASSIGN(const std::string bytes, SerializeModule(module, {.dump = !recorded, .weights = {}}));
  WEFT_ASSERT_OK_AND_ASSIGN(const auto loaded, DeserializeModule(bytes, AllOps(), {.allow_fused = !recorded}));
  EXPECT_TRUE(StructurallyEqual(*module.FindFunction("f"), *loaded->FindFunction("f"))) << text;
  WEFT_ASSERT_OK_AND_ASSIGN(const std::string again, SerializeModule(*loaded, {.dump = !recorded, .weights = {}}));
  EXPECT_EQ(again, bytes);
  EXPECT_EQ(Fingerprint(*loaded), Fingerprint(module));
  EXPECT_EQ(Fingerprint(parsed), Fingerprint(module));
  // The other views at least come to an end.
  EXPECT_FALSE(ToJson(module).empty() || Summary(module).empty() || ToDot(*module.FindFunction("f")).empty());
}

TEST(RoundTrip, EveryOp) {
  int with_gradients = 0, optimized_modules = 0;
  for (const OpCase& op_case : AllCases()) {
    SCOPED_TRACE(absl::StrCat(op_case.op, " ", op_case.name));
    const bool recorded = !AllOps().Find(op_case.op)->is_fused;
    WEFT_ASSERT_OK_AND_ASSIGN(const auto module, ModuleOf(op_case, /*gradients=*/false));
    ExpectRoundTrips(*module, recorded);
    // Fused ops and some others have no gradient: that is tested elsewhere.
    const auto differentiated = ModuleOf(op_case, /*gradients=*/true);
    if (!differentiated.ok()) continue;
    ++with_gradients;
    ExpectRoundTrips(**differentiated, recorded);
    const auto optimized = Optimize(*differentiated, Target());
    if (!optimized.ok()) continue;
    ++optimized_modules;
    ExpectRoundTrips(*optimized->module, /*recorded=*/false);
  }
  EXPECT_GT(with_gradients, 50);
  EXPECT_GT(optimized_modules, 50);
}

}  // namespace
}  // namespace weft
