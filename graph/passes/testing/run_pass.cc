#include "graph/passes/testing/run_pass.h"

#include <gtest/gtest.h>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "core/testing/status_matchers.h"
#include "graph/ir/verifier.h"
#include "graph/text/text.h"

namespace weft::pass_ops {
namespace {

// Texts stand in the tests as raw strings, which begin on a line of their own.
absl::string_view WithoutFirstNewline(absl::string_view text) {
  return absl::StartsWith(text, "\n") ? text.substr(1) : text;
}

bool IsFunction(absl::string_view text) { return absl::StartsWith(WithoutFirstNewline(text), "function {"); }

}  // namespace

std::shared_ptr<const Module> ParseForPass(const std::string& text, const OpRegistry* registry) {
  const OpRegistry& ops = registry == nullptr ? Registry() : *registry;
  if (!IsFunction(text)) {
    absl::StatusOr<Module> module = ParseModule(text, ops);
    EXPECT_THAT(module, IsOk());
    return module.ok() ? std::make_shared<const Module>(*std::move(module)) : nullptr;
  }
  absl::StatusOr<GraphPtr> graph = ParseGraph(text, ops);
  EXPECT_THAT(graph, IsOk());
  if (!graph.ok()) return nullptr;
  auto module = std::make_shared<Module>(ops);
  WEFT_EXPECT_OK(module->AddFunction("f", *graph));
  return module;
}

Passed RunPass(const Pass& pass, const std::string& text, const OpRegistry* registry) {
  Passed passed;
  const std::shared_ptr<const Module> module = ParseForPass(text, registry);
  if (module == nullptr) return passed;
  const std::string before = ToText(*module);
  absl::StatusOr<PassResult> result = pass.run(module, Target());
  EXPECT_EQ(ToText(*module), before) << "the pass changes its operand";
  passed.status = result.status();
  if (!result.ok()) return passed;
  WEFT_EXPECT_OK(Verify(*result->module));
  for (const Receipt& receipt : result->receipts) {
    EXPECT_EQ(receipt.pass, pass.name);
    EXPECT_TRUE(receipt.exact || !pass.exact) << "an inexact rewrite by a pass that is exact";
    passed.receipts.push_back(receipt.ToString());
  }
  passed.changed = result->module != module;
  const std::string after = ToText(*result->module);
  EXPECT_EQ(passed.changed, after != before) << after;
  absl::StatusOr<PassResult> again = pass.run(result->module, Target());
  EXPECT_THAT(again, IsOk());
  if (again.ok()) {
    EXPECT_EQ(ToText(*again->module), after) << "not idempotent";
  }
  passed.text = absl::StrCat("\n", IsFunction(text) ? ToText(*result->module->FindFunction("f")) : after);
  return passed;
}

}  // namespace weft::pass_ops
