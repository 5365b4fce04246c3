#include "graph/ir/registry.h"

#include "core/testing/status_matchers.h"
#include "gmock/gmock.h"
#include "graph/ir/graph.h"
#include "gtest/gtest.h"

namespace weft {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

OpDef Good(const char* name, const char* family = "test") {
  OpDef def;
  def.name = name;
  def.family = family;
  def.inputs = {"x"};
  def.infer = [](absl::Span<const TensorType> in, const AttrMap&) -> absl::StatusOr<std::vector<TensorType>> {
    return std::vector<TensorType>{in[0]};
  };
  def.reference = [](ReferenceArgs&) { return absl::OkStatus(); };
  return def;
}

Composition Named(const char* name, bool is_activation = false, const char* family = "test") {
  Composition composition;
  composition.name = name;
  composition.family = family;
  composition.is_activation = is_activation;
  composition.record = [](Value x, const AttrMap&) { return x; };
  return composition;
}

TEST(RegistryTest, HoldsTheOpsOfTheGraph) {
  OpRegistry registry;
  for (const char* name : {kInputOp, kVariableOp, kScanOp, kRelayoutOp}) {
    ASSERT_NE(registry.Find(name), nullptr) << name;
    EXPECT_EQ(registry.Find(name)->family, "graph");
  }
  EXPECT_EQ(registry.ops().size(), 4u);
  EXPECT_EQ(registry.Find("add"), nullptr);
  EXPECT_EQ(registry.FindComposition("add"), nullptr);
}

TEST(RegistryTest, OpsAreSortedByFamilyAndName) {
  OpRegistry registry;
  for (const char* name : {"b", "a", "z9_"}) WEFT_ASSERT_OK(registry.Add(Good(name)));
  WEFT_ASSERT_OK(registry.Add(Good("c", "a_family")));
  std::vector<std::string> names;
  for (const OpDef* op : registry.ops()) names.push_back(op->name);
  EXPECT_THAT(names, ElementsAre("c", "input", "relayout", "scan", "variable", "a", "b", "z9_"));
}

TEST(RegistryTest, RefusesBadOps) {
  OpRegistry registry;
  WEFT_ASSERT_OK(registry.Add(Good("taken")));
  auto refused = [&](const char* error, const std::function<void(OpDef&)>& spoil) {
    OpDef def = Good("op");
    spoil(def);
    EXPECT_THAT(registry.Add(std::move(def)), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr(error)));
  };
  for (const char* name : {"", "Add", "9a", "_a", "a-b", "a b", "a.b", "\xc3\xa4"}) {
    refused("expected [a-z][a-z0-9_]*", [&](OpDef& def) { def.name = name; });
  }
  refused("'taken' is registered already", [](OpDef& def) { def.name = "taken"; });
  refused("'scan' is registered already", [](OpDef& def) { def.name = "scan"; });
  refused("has no type rule", [](OpDef& def) { def.infer = nullptr; });
  refused("has no reference", [](OpDef& def) { def.reference = nullptr; });
  refused("version 0, expected at least 1", [](OpDef& def) { def.version = 0; });
  refused("go together", [](OpDef& def) { def.differentiability = Differentiability::kGradient; });
  refused("go together", [](OpDef& def) { def.gradient = [](const GradientArgs&) { return std::vector<Value>(); }; });
  refused("attribute 'a' is declared twice", [](OpDef& def) {
    def.attrs = {{"a", AttrKind::kInt, std::nullopt, ""},
                 {"b", AttrKind::kInt, std::nullopt, ""},
                 {"a", AttrKind::kBool, std::nullopt, ""}};
  });
  refused("the default of attribute 'a' is bool, its kind int", [](OpDef& def) {
    def.attrs = {{"a", AttrKind::kInt, AttrValue(true), ""}};
  });
  EXPECT_EQ(registry.ops().size(), 5u);  // nothing of these is left
}

TEST(RegistryTest, RefusesBadCompositions) {
  OpRegistry registry;
  WEFT_ASSERT_OK(registry.Add(Named("taken")));
  auto refused = [&](const char* error, const std::function<void(Composition&)>& spoil) {
    Composition composition = Named("gelu");
    spoil(composition);
    EXPECT_THAT(registry.Add(std::move(composition)), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr(error)));
  };
  refused("expected [a-z][a-z0-9_]*", [](Composition& c) { c.name = "GELU"; });
  refused("'taken' is registered already", [](Composition& c) { c.name = "taken"; });
  refused("records nothing", [](Composition& c) { c.record = nullptr; });
  refused("argument 'a' needs a default", [](Composition& c) { c.args = {{"a", AttrKind::kFloat, std::nullopt, ""}}; });
  refused("argument 'a' needs a default", [](Composition& c) {
    c.args = {{"a", AttrKind::kFloat, AttrValue(int64_t{1}), ""}};
  });
  WEFT_EXPECT_OK(registry.Add(Named("a_last", true, "z")));
  EXPECT_EQ(registry.FindComposition("a_last")->family, "z");
  std::vector<std::string> names;
  for (const Composition* composition : registry.compositions()) names.push_back(composition->name);
  EXPECT_THAT(names, ElementsAre("taken", "a_last"));
}

TEST(RegistryTest, EditDistances) {
  EXPECT_EQ(EditDistance("", ""), 0);
  EXPECT_EQ(EditDistance("", "abc"), 3);
  EXPECT_EQ(EditDistance("abc", ""), 3);
  EXPECT_EQ(EditDistance("kitten", "sitting"), 3);
  EXPECT_EQ(EditDistance("relu", "rleu"), 2);
}

TEST(RegistryTest, TheNearestName) {
  EXPECT_EQ(Nearest("rellu", {"tanh", "relu", "selu"}), "relu");
  EXPECT_EQ(Nearest("xelu", {"selu", "relu"}), "relu");  // of two as near the first by name
  EXPECT_EQ(Nearest("softmax", {"relu", "tanh"}), "");
  EXPECT_EQ(Nearest("Relu", {"celu", "relu"}), "relu");  // the case of letters matters least
  EXPECT_EQ(Nearest("RMSPorp", {"rmsprop", "RMSprop"}), "RMSprop");
  EXPECT_EQ(Nearest("x", {}), "");
  EXPECT_EQ(Nearest(std::string(100000, 'a'), {"a"}), "");  // names from files may be anything
  EXPECT_EQ(Nearest("a", {std::string(100000, 'a')}), "");

  OpRegistry registry;
  WEFT_ASSERT_OK(registry.Add(Good("matmul")));
  WEFT_ASSERT_OK(registry.Add(Named("matmuls", false)));
  WEFT_ASSERT_OK(registry.Add(Named("matmulss", true)));
  EXPECT_EQ(registry.NearestOp("matmull"), "matmul");
  EXPECT_EQ(registry.NearestActivation("matmul"), "matmulss");
  EXPECT_EQ(registry.NearestOp("quite_another"), "");
}

}  // namespace
}  // namespace weft
