#include "graph/text/text.h"

#include "core/testing/status_matchers.h"
#include "gmock/gmock.h"
#include "graph/ir/builder.h"
#include "graph/text/testing/golden.h"
#include "graph/text/testing/test_ops.h"
#include "gtest/gtest.h"

namespace weft {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

void ExpectSameModules(const Module& a, const Module& b) {
  EXPECT_EQ(a.metadata(), b.metadata());
  ASSERT_EQ(a.variables().size(), b.variables().size());
  for (size_t i = 0; i < a.variables().size(); ++i) {
    EXPECT_EQ(a.variables()[i].name, b.variables()[i].name);
    EXPECT_EQ(a.variables()[i].type, b.variables()[i].type);
    EXPECT_EQ(a.variables()[i].trainable, b.variables()[i].trainable);
    EXPECT_EQ(a.variables()[i].kind, b.variables()[i].kind);
  }
  ASSERT_EQ(a.functions().size(), b.functions().size());
  for (const auto& [name, graph] : a.functions()) {
    ASSERT_NE(b.FindFunction(name), nullptr) << name;
    EXPECT_TRUE(StructurallyEqual(*graph, *b.FindFunction(name))) << name;
  }
}

TEST(TextTest, ModuleParsesBackToTheSame) {
  const Module module = TestModule();
  ASSERT_EQ(module.functions().size(), 4u);
  const std::string text = ToText(module);
  WEFT_ASSERT_OK_AND_ASSIGN(const Module parsed, ParseModule(text, TestOps()));
  ExpectSameModules(module, parsed);
  EXPECT_EQ(ToText(parsed), text);
  // Comments are no part of it.
  const std::string with_origins = ToText(module, {.origins = true});
  EXPECT_THAT(with_origins, HasSubstr("  // model/dense (graph/text/testing/test_module.cc:"));
  WEFT_ASSERT_OK_AND_ASSIGN(const Module parsed_too, ParseModule(with_origins, TestOps()));
  EXPECT_EQ(ToText(parsed_too), text);
}

TEST(TextTest, GoldenTextOfThisVersion) {
  const std::string text = ToText(TestModule());
  const std::string golden = GoldenFile("graph/text/testdata/module.txt", text);
  EXPECT_EQ(text, golden);
  WEFT_ASSERT_OK_AND_ASSIGN(const Module parsed, ParseModule(golden, TestOps()));
  ExpectSameModules(TestModule(), parsed);
}

TEST(TextTest, EachFunctionParsesBackAlone) {
  const Module module = TestModule();
  for (const auto& [name, graph] : module.functions()) {
    const std::string text = ToText(*graph);
    WEFT_ASSERT_OK_AND_ASSIGN(const GraphPtr parsed, ParseGraph(text, TestOps()));
    EXPECT_TRUE(StructurallyEqual(*graph, *parsed)) << text;
    EXPECT_EQ(ToText(*parsed), text);
  }
}

TEST(TextTest, ShortForms) {
  // Types of results may be left out, blanks and comments stand anywhere, names are free.
  WEFT_ASSERT_OK_AND_ASSIGN(const GraphPtr graph, ParseGraph(R"(
      function { // a comment
        %x:f32[ n, 4 ]=input( "x" )
        %1 = add(%x,
                 %x)   // } not the end
        %a, %b: f32[floordiv(n,2),4] = halves(%1)
        %s = sink@3(%a, ints=[], floats=[1, 2.5e3, nan, -inf])
        output "s" = %s output "b" = %b
      })",
                                                             TestOps()));
  EXPECT_EQ(ToText(*graph), R"(function {
  %x: f32[n,4] = input("x")
  %add: f32[n,4] = add(%x, %x)
  %halves: f32[floordiv(n+1,2),4], %halves.1: f32[floordiv(n,2),4] = halves(%add)
  %sink: f32[floordiv(n+1,2),4] = sink@3(%halves, floats=[1, 2500, nan, -inf])
  output "s" = %sink
  output "b" = %halves.1
}
)");
  EXPECT_EQ(graph->node(1).origin->ToString(), "text:4");
}

TEST(TextTest, ValueNamesAreDistinct) {
  WEFT_ASSERT_OK_AND_ASSIGN(const GraphPtr graph, ParseGraph(R"(function {
      %1: f32[] = input("add")
      %2: f32[] = input("add.1")
      %3: f32[] = input("a/b c\x00\xff")
      %4: f32[] = input("")
      %5: f32[] = variable("a.b_c__")
      %6 = add(%1, %2)
      %7 = add(%6, %5)
    })",
                                                             TestOps()));
  const std::string text = ToText(*graph);
  EXPECT_EQ(text, R"(function {
  %add: f32[] = input("add")
  %add.1: f32[] = input("add.1")
  %a.b_c__: f32[] = input("a/b c\x00\xff")
  %_: f32[] = input("")
  %a.b_c__.1: f32[] = variable("a.b_c__")
  %add.2: f32[] = add(%add, %add.1)
  %add.3: f32[] = add(%add.2, %a.b_c__.1)
}
)");
  WEFT_ASSERT_OK_AND_ASSIGN(const GraphPtr again, ParseGraph(text, TestOps()));
  EXPECT_TRUE(StructurallyEqual(*graph, *again));
}

// The example of docs/graph_format.md.
TEST(TextTest, TheDocumentedExample) {
  std::string text = RepositoryFile("graph/text/testdata/example.txt");
  WEFT_ASSERT_OK_AND_ASSIGN(const Module module, ParseModule(text, TestOps()));
  const std::string shown = ", transpose_b=false";  // as the writer would not have it
  ASSERT_NE(text.find(shown), std::string::npos);
  text.erase(text.find(shown), shown.size());
  EXPECT_EQ(ToText(module), text);
}

TEST(TextTest, LayoutsAndFusedOps) {
  // Optimized modules have a text, too: pass tests are written in it.
  const std::string text = R"(module {
  variable "w": f32[4,8]{panels64} trainable kind "weight"
  function "f" {
    %w: f32[4,8]{panels64} = variable("w")
    %relayout: f32[4,8] = relayout(%w, layout="row_major")
    %fused_add: f32[4,8] = fused_add(%relayout, %relayout)
    output "y" = %fused_add
  }
}
)";
  WEFT_ASSERT_OK_AND_ASSIGN(const Module module, ParseModule(text, TestOps()));
  EXPECT_EQ(ToText(module), text);
}

TEST(TextTest, LargeTensorsCanBeLeftOut) {
  GraphBuilder b(TestOps());
  WEFT_ASSERT_OK_AND_ASSIGN(Tensor tensor, Tensor::Create(DType::kInt32, {4, 2}));
  b.Output("y", b.Constant(tensor));
  WEFT_ASSERT_OK_AND_ASSIGN(const GraphPtr graph, b.Build());
  const std::string text = ToText(*graph, {.origins = false, .max_tensor_elements = 3});
  EXPECT_THAT(text, HasSubstr("value=i32[4,2] {{0, 0}, {0, ...}})"));
  EXPECT_THAT(ParseGraph(text, TestOps()),
              StatusIs(absl::StatusCode::kInvalidArgument, AllOf(StartsWith("2:"), HasSubstr("left out"))));
  EXPECT_THAT(ToText(*graph, {.origins = false, .max_tensor_elements = 8}), HasSubstr("{0, 0}, {0, 0}, {0, 0}})"));
  EXPECT_THAT(ToText(*graph, {.origins = false, .max_tensor_elements = 0}), HasSubstr("value=i32[4,2] {...})"));
}

struct BadText {
  const char* body;  // of the function, from line 2 on
  const char* error;
};

TEST(TextTest, ErrorsSayWhereAndWhat) {
  const BadText kCases[] = {
      {"%x: f32[2] = input(\"x\") %y = ad(%x, %x)", "2:30: unknown op 'ad'; did you mean 'add'?"},
      {"%x: f32[2] = input(\"x\")\n  %y = add(%x, %z)", "3:16: %z is not defined"},
      {"%x: f32[2] = input(\"x\")\n  %x = add(%x, %x)", "3:3: %x is defined twice"},
      {"%x: f32[2] = input(\"x\")\n %a, %a = halves(%x)", "3:6: this name is defined twice"},
      {"%x: f32[2] = input(\"x\")\n  %y: f32[3] = add(%x, %x)", "3:3: %y is written as f32[3], but add gives f32[2]"},
      {"%x: f32[2] = input(\"x\")\n  %y, %z = add(%x, %x)", "3:12: add gives 1 results, written are 2"},
      {"%x: f32[2] = input(\"x\")\n  %y = add(%x)", "3:8: add: expected 2 operands, got 1"},
      {"%x: f32[2] = input(\"x\")\n  %y = add(%x, %x, axis=1)", "3:20: add has no attribute 'axis'"},
      {"%x: f32[2] = input(\"x\")\n  %y = sum(%x, axs=[0])", "3:16: sum has no attribute 'axs', expected one of: axes"},
      {"%x: f32[2] = input(\"x\")\n  %y = sum(%x, axes=[0], axes=[0])", "3:26: attribute 'axes' is given twice"},
      {"%x: f32[2] = input(\"x\")\n  %y = sum(%x)", "3:8: sum: attribute 'axes' is missing"},
      {"%x: f32[2] = input(\"x\")\n  %y = sum(%x, keepdims=2)", "3:25: expected true or false, got \"2\""},
      {"%x = input(\"x\")", "2:16: the type of 'x' is missing"},
      {"%x: f32[2] = variable(\"x\") %y: f32[2] = variable(\"x\")", "2:41: the variable is read already"},
      {"%x: f32[2] = input(\"x\") %y: f32[2] = input(\"x\")", "1:10: input 'x' is declared twice"},
      {"%x: f33[2] = input(\"x\")", "2:5: unknown dtype"},
      {"%x: f32[2 = input(\"x\")", "2:8: the shape has no closing ]"},
      {"%x: f32[2**] = input(\"x\")", "2:8: \"2**\": not a dim"},
      {"%x: f32[-2] = input(\"x\")", "2:15: input: attribute 'type': dims [-2]"},
      {"%x: f32[2]{panel} = input(\"x\")", "2:11: unknown layout"},
      {"%x: f32[2] = input(\"x", "2:20: the string has no closing quote"},
      {"%x: f32[2] = input(\"\\q\")", "2:20: in a string: \\ is followed by"},
      {"%x: f32[2] = sink@2()", "2:14: op 'sink' is of version 2, known is version 3"},
      {"%x: f32[2] = constant(value=f32[2] {1, 2, 3})", "2:41: expected '}', got \",\""},
      {"%x: f32[2] = constant(value=f32[2] {1})", "2:38: expected ',', got \"}\""},
      {"%x: f32[2] = constant(value=f32[n] {1})", "2:29: "},
      {"%x: u8[1] = constant(value=u8[1] {256})", "2:35: 256 does not fit u8"},
      {"%x: f32[1] = constant(value=f32[1] {1e39})", "2:37: expected a number that fits f32, got \"1e39\""},
      {"%x: f32[1] = constant(value=f32[1] {nan(0x1)})", "2:37: expected a number that fits f32"},
      {"%x: f32[1] = constant(value=f32[1] {infinity})", "2:37: expected a number that fits f32"},
      {"%x: i64[] = constant(value=i64[] 9223372036854775808)", "2:34: expected an integer (of 64 bits)"},
      {"output \"y\" = %y", "2:14: %y is not defined"},
      {"frob", "2:1: expected %value, output, update or }"},
  };
  for (const BadText& bad : kCases) {
    EXPECT_THAT(ParseGraph(absl::StrCat("function {\n", bad.body, "\n}"), TestOps()),
                StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr(bad.error)))
        << bad.body;
  }
  EXPECT_THAT(ParseGraph("", TestOps()),
              StatusIs(absl::StatusCode::kInvalidArgument, StartsWith("1:1: expected 'function', got the end")));
  EXPECT_THAT(ParseGraph("function { } x", TestOps()),
              StatusIs(absl::StatusCode::kInvalidArgument, StartsWith("1:14: expected the end")));
}

TEST(TextTest, ErrorsOfModules) {
  auto error = [](const std::string& text) { return std::string(ParseModule(text, TestOps()).status().message()); };
  EXPECT_THAT(error("module { variable \"v\": f32[n] }"), StartsWith("1:10: variable 'v': its shape must be known"));
  EXPECT_THAT(error("module { variable \"v\": f32[1]\n variable \"v\": f32[1] }"), StartsWith("2:2: variable 'v' is"));
  EXPECT_THAT(error("module { metadata \"k\" = \"\" metadata \"k\" = \"\" }"), StartsWith("1:28: metadata 'k' is"));
  EXPECT_THAT(error("module { function \"f\" { } function \"f\" { } }"), StartsWith("1:27: function 'f' is declared"));
  EXPECT_THAT(error("module { function \"f\" {\n %v = variable(\"v\") } }"), HasSubstr("no variable 'v'"));
  EXPECT_THAT(error("module { variable \"v\": f32[1] function \"f\" { %v: f32[2] = variable(\"v\") } }"),
              StartsWith("1:31: function 'f' uses variable 'v' as f32[2], declared f32[1]"));
  EXPECT_THAT(error("module { variable \"v\": f32[1] function \"f\" { %x: f32[2] = input(\"x\") update \"v\" = %x } }"),
              HasSubstr("variable 'v' is f32[1], its new value f32[2]"));
  EXPECT_THAT(error("module { variable \"v\": f32[1] function \"f\" { %v = variable(\"v\") update \"v\" = %v\n"
                    "update \"v\" = %v } }"),
              StartsWith("2:1: update: variable 'v' is updated twice"));
}

}  // namespace
}  // namespace weft
