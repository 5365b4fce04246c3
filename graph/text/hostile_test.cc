// What no text may do: crash, take memory out of proportion to its length, or take for ever.
#include <random>

#include "core/testing/status_matchers.h"
#include "gmock/gmock.h"
#include "graph/text/testing/peak_memory.h"
#include "graph/text/testing/test_ops.h"
#include "graph/text/text.h"
#include "gtest/gtest.h"

namespace weft {
namespace {

using ::testing::HasSubstr;
using ::testing::MatchesRegex;

std::string Repeat(absl::string_view text, int times) {
  std::string out;
  for (int i = 0; i < times; ++i) absl::StrAppend(&out, text);
  return out;
}

TEST(HostileTextTest, EveryTruncationIsAnErrorWithAPlace) {
  std::string text = ToText(TestModule());
  text.resize(text.rfind('}'));
  for (size_t length = 0; length <= text.size(); ++length) {
    const absl::StatusOr<Module> module = ParseModule(absl::string_view(text).substr(0, length), TestOps());
    ASSERT_THAT(module, StatusIs(absl::StatusCode::kInvalidArgument, MatchesRegex("[0-9]+:[0-9]+: (.|\n)*")))
        << "at " << length;
  }
}

TEST(HostileTextTest, ChangedBytes) {
  const std::string text = ToText(TestModule());
  const std::string tokens = "{}[](),=:%\"\\/@.-+ \n\t0123456789aef*_#";
  std::mt19937 random(1);
  for (int i = 0; i < 10000; ++i) {
    std::string changed = text;
    const int changes = 1 + static_cast<int>(random() % 3);
    for (int c = 0; c < changes; ++c) {
      const size_t at = random() % changed.size();
      const char by = random() % 4 == 0 ? static_cast<char>(random()) : tokens[random() % tokens.size()];
      if (random() % 3 == 0) {
        changed.insert(at, 1, by);
      } else if (random() % 3 == 0) {
        changed.erase(at, 1 + random() % 8);
      } else {
        changed[at] = by;
      }
    }
    const absl::StatusOr<Module> module = ParseModule(changed, TestOps());
    if (module.ok()) {
      const std::string printed = ToText(*module);
      WEFT_ASSERT_OK_AND_ASSIGN(const Module again, ParseModule(printed, TestOps()));
      ASSERT_EQ(ToText(again), printed);
    } else {
      ASSERT_EQ(module.status().code(), absl::StatusCode::kInvalidArgument) << module.status();
    }
  }
}

// Bounded in memory (64 bytes for each of the text, 32 MiB for small ones), and in time.
void ExpectRefusedCheaply(const std::string& text, const std::string& error) {
  absl::StatusOr<GraphPtr> graph = absl::UnknownError("");
  EXPECT_LT(CpuSeconds([&] { graph = ParseGraph(text, TestOps()); }), 5);
  EXPECT_THAT(graph, StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr(error)));
  const int64_t growth = PeakMemoryGrowth([&] { ParseGraph(text, TestOps()).status().IgnoreError(); });
  EXPECT_GE(growth, 0);
  EXPECT_LE(growth, static_cast<int64_t>(64 * text.size()) + (32 << 20)) << error;
}

TEST(HostileTextTest, Bombs) {
  ExpectRefusedCheaply("function {" + Repeat("%x: f32[] = program(%x, body={", 100000), "%x is not defined");
  ExpectRefusedCheaply("function " + Repeat("{%x: f32[] = input(\"x\") %y = program(%x, body=", 100000),
                       "nested deeper than 16");
  ExpectRefusedCheaply("function { %x = constant(value=f32[1099511627776] {1}) }", "more than the text holds");
  ExpectRefusedCheaply("function { %x = constant(value=f64[1000000,1000000] {1}) }", "");
  ExpectRefusedCheaply("function { %x = constant(value=f64[9223372036854775807,9223372036854775807] {1}) }", "");
  ExpectRefusedCheaply("function { %x = constant(value=f32[0,1099511627776] {{", "expected '}'");
  ExpectRefusedCheaply("function { %x: f32[" + Repeat("(", 100000) + "] = input(\"x\") }", "");
  ExpectRefusedCheaply("function { %x: f32[" + Repeat("1,", 100000) + "1] = input(\"x\") }", "");
  ExpectRefusedCheaply("function { %x: f32[" + Repeat("(a+b)*", 100000) + "1] = input(\"x\") }", "");
  ExpectRefusedCheaply("function { " + Repeat("%x, ", 100000) + "}", "");
  ExpectRefusedCheaply("function { " + Repeat("// ", 1000000), "expected");
  ExpectRefusedCheaply("function { %x: f32[] = sink@3(ints=[" + Repeat("1,", 1000000), "expected an integer");
  ExpectRefusedCheaply("function { %x: f32[] = sink@3(string=\"" + Repeat("\\x00", 1000000), "no closing quote");
  ExpectRefusedCheaply("function { %x = sink@" + Repeat("9", 1000000) + "() }", "expected an integer");
  ExpectRefusedCheaply("function { %x = input(\"x\")" + Repeat("\n", 1000000), "the type of 'x' is missing");
}

// A concatenation has a type as long as those of its operands together; types may be left out of the text.
TEST(HostileTextTest, TypesThatGrow) {
  std::string dim;
  for (int i = 0; i < 100; ++i) absl::StrAppend(&dim, i > 0 ? "+" : "", "symbol_of_some_length_", i);
  std::string text = absl::StrCat("function { %0: f32[", dim, "] = input(\"x\")\n");
  for (int i = 0; i < 5000; ++i) absl::StrAppend(&text, "%", i + 1, " = concat(%0, %0)\n");
  ExpectRefusedCheaply(text + "}", "the types are too large for the text");
  // An error of an op lists its operands' types.
  text =
      absl::StrCat("function { %0: f32[", dim, "] = input(\"x\")\n %1 = concat(", Repeat("%0,", 300000), "axis=7) }");
  ExpectRefusedCheaply(text, "the operands' types are too large for the text");
}

// Linear in the number of nodes: a large text is no attack.
TEST(HostileTextTest, LargeTextsAreFast) {
  std::string text = "function { %0: f32[n,4] = input(\"x\")\n";
  constexpr int kNodes = 50000;
  for (int i = 0; i < kNodes; ++i) absl::StrAppend(&text, "  %", i + 1, ": f32[n,4] = add(%", i, ", %0)\n");
  absl::StrAppend(&text, "output \"y\" = %", kNodes, " }");
  EXPECT_LT(CpuSeconds([&] {
              const absl::StatusOr<GraphPtr> graph = ParseGraph(text, TestOps());
              ASSERT_THAT(graph, IsOk());
              EXPECT_EQ((*graph)->num_nodes(), kNodes + 1);
              WEFT_EXPECT_OK(ParseGraph(ToText(**graph), TestOps()));
            }),
            10);
}

}  // namespace
}  // namespace weft
