#include "graph/text/dump.h"

#include "core/testing/status_matchers.h"
#include "gmock/gmock.h"
#include "graph/ir/builder.h"
#include "graph/text/testing/golden.h"
#include "graph/text/testing/test_ops.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"

namespace weft {
namespace {

using ::testing::HasSubstr;

TEST(DumpTest, Summary) {
  const std::string summary = Summary(TestModule());
  EXPECT_EQ(summary, GoldenFile("graph/text/testdata/summary.txt", summary));
  EXPECT_THAT(Summary(Module(TestOps())), HasSubstr("Variables: 0"));
}

TEST(DumpTest, SummaryOfHostileNames) {
  Module module(TestOps());
  WEFT_ASSERT_OK(module.AddVariable({"\x1b[2J", {DType::kFloat32, {int64_t{1} << 40}}, false, "\n"}));
  module.metadata()["\r"] = "\x1b";
  const std::string summary = Summary(module);
  EXPECT_EQ(summary.find('\x1b'), std::string::npos);
  EXPECT_EQ(summary.find('\r'), std::string::npos);
  EXPECT_THAT(summary, HasSubstr("1,099,511,627,776"));
}

TEST(DumpTest, Json) {
  const std::string text = ToJson(TestModule());
  EXPECT_EQ(text, ToJson(TestModule()));
  const nlohmann::json json = nlohmann::json::parse(text);
  EXPECT_EQ(json["metadata"]["author"], "tests");
  EXPECT_EQ(json["variables"].size(), 9u);
  EXPECT_EQ(json["variables"][0]["type"], "f32[6,4]");
  ASSERT_EQ(json["functions"].size(), 4u);
  const auto& constants = json["functions"][0];
  EXPECT_EQ(constants["name"], "constants");
  EXPECT_EQ(constants["nodes"][0]["attributes"]["value"]["values"][4], "-inf");
  EXPECT_EQ(constants["nodes"][0]["attributes"]["value"]["values"][11], 0.1);
  EXPECT_EQ(constants["nodes"][3]["attributes"]["value"]["values"][2], std::numeric_limits<int64_t>::max());
  const auto& scan = json["functions"][1]["nodes"][3];
  EXPECT_EQ(scan["op"], "scan");
  EXPECT_EQ(scan["inputs"], nlohmann::json({"init", "xs", "ys", "init"}));
  EXPECT_EQ(scan["attributes"]["body"]["nodes"][4]["op"], "scan");
  EXPECT_EQ(json["functions"][3]["updates"][0]["variable"], "dense/kernel");
  const nlohmann::json elided = nlohmann::json::parse(ToJson(TestModule(), {.indent = -1, .max_tensor_elements = 3}));
  EXPECT_FALSE(elided["functions"][0]["nodes"][0]["attributes"]["value"].contains("values"));
  EXPECT_TRUE(elided["functions"][0]["nodes"][2]["attributes"]["value"].contains("values"));
}

TEST(DumpTest, Dot) {
  const Module module = TestModule();
  for (const auto& [name, graph] : module.functions()) {
    const std::string dot = ToDot(*graph, name);
    EXPECT_EQ(dot, ToDot(*graph, name));
    EXPECT_EQ(dot, GoldenFile("graph/text/testdata/" + name + ".dot", dot));
  }
}

}  // namespace
}  // namespace weft
