#include "graph/ir/module.h"

#include "core/testing/status_matchers.h"
#include "gmock/gmock.h"
#include "graph/ir/builder.h"
#include "graph/text/testing/test_ops.h"
#include "gtest/gtest.h"

namespace weft {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

const TensorType kPair{DType::kFloat32, {2}};

GraphPtr Reads(const std::string& variable, const TensorType& type) {
  GraphBuilder b(TestOps());
  b.Output("y", b.Variable(variable, type));
  return *b.Build();
}

GraphPtr Writes(const std::string& variable, const TensorType& type) {
  GraphBuilder b(TestOps());
  b.Update(variable, b.Input("x", type));
  return *b.Build();
}

void Refused(const char* error, const absl::Status& status) {
  EXPECT_THAT(status, StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr(error)));
}

TEST(ModuleTest, VariablesInTheirOrder) {
  Module module(TestOps());
  WEFT_ASSERT_OK(module.AddVariable({"w", kPair, true, "weight"}));
  WEFT_ASSERT_OK(module.AddVariable({"a", {DType::kInt64, {}}, false, "state"}));
  ASSERT_EQ(module.variables().size(), 2u);
  EXPECT_EQ(module.variables()[0].name, "w");
  EXPECT_EQ(module.FindVariable("a")->kind, "state");
  EXPECT_EQ(module.FindVariable("b"), nullptr);
  WEFT_ASSERT_OK(module.SetVariable({"w", {DType::kFloat32, {3}}, false, "state"}));
  EXPECT_EQ(module.variables()[0].type.ToString(), "f32[3]");
  EXPECT_THAT(module.SetVariable({"none", kPair, false, ""}),
              StatusIs(absl::StatusCode::kNotFound, HasSubstr("no variable 'none'")));
}

TEST(ModuleTest, RefusesBadVariables) {
  Module module(TestOps());
  WEFT_ASSERT_OK(module.AddVariable({"w", kPair, true, "weight"}));
  Refused("needs a name", module.AddVariable({"", kPair, false, ""}));
  Refused("variable 'w' is declared twice", module.AddVariable({"w", kPair, false, ""}));
  Refused("variable 'v': its shape must be known, got f32[n]",
          module.AddVariable({"v", {DType::kFloat32, {Dim::Symbol("n")}}, false, ""}));
  Refused("variable 'v'", module.AddVariable({"v", {DType::kFloat32, {-1}}, false, ""}));
  Refused("variable 'v'",
          module.AddVariable({"v", {DType::kFloat32, {int64_t{1} << 40, int64_t{1} << 40}}, false, ""}));
  Refused("variable 'v': layout panels64 needs a tensor of rank 2",
          module.AddVariable({"v", {DType::kFloat32, {2}, Layout::kPanels64}, false, ""}));
  Refused("its shape must be known", module.SetVariable({"w", {DType::kFloat32, {Dim::Symbol("n")}}, false, ""}));
  EXPECT_EQ(module.variables().size(), 1u);
  EXPECT_EQ(module.FindVariable("w")->type, kPair);
}

TEST(ModuleTest, FunctionsAgreeWithTheVariables) {
  Module module(TestOps());
  WEFT_ASSERT_OK(module.AddVariable({"w", kPair, true, "weight"}));
  WEFT_EXPECT_OK(module.AddFunction("write", Writes("w", kPair)));
  WEFT_EXPECT_OK(module.AddFunction("read", Reads("w", kPair)));
  std::vector<std::string> names;
  for (const auto& [name, graph] : module.functions()) names.push_back(name);
  EXPECT_THAT(names, ElementsAre("read", "write"));
  EXPECT_EQ(module.FindFunction("none"), nullptr);

  const TensorType other{DType::kFloat32, {3}};
  Refused("needs a name", module.AddFunction("", Reads("w", kPair)));
  Refused("function 'read' is declared twice", module.AddFunction("read", Reads("w", kPair)));
  Refused("function 'f' is null", module.AddFunction("f", nullptr));
  Refused("function 'f' uses variable 'v', which the module does not have", module.AddFunction("f", Reads("v", kPair)));
  Refused("function 'f' uses variable 'v', which the module does not have",
          module.AddFunction("f", Writes("v", kPair)));
  Refused("function 'f' uses variable 'w' as f32[3], declared f32[2]", module.AddFunction("f", Reads("w", other)));
  Refused("function 'f' uses variable 'w' as f32[3], declared f32[2]", module.AddFunction("f", Writes("w", other)));
  EXPECT_EQ(module.functions().size(), 2u);
  const GraphPtr before = module.FindFunction("read");
  Refused("as f32[3]", module.SetFunction("read", Reads("w", other)));
  EXPECT_EQ(module.FindFunction("read"), before);
  WEFT_EXPECT_OK(module.SetFunction("read", Writes("w", kPair)));
  EXPECT_NE(module.FindFunction("read"), before);
}

}  // namespace
}  // namespace weft
