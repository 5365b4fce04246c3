// JoinNodes: where the new node stands, what reads it, and what is refused. Text in, text out.
#include "graph/passes/join_nodes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "core/status.h"
#include "core/testing/status_matchers.h"
#include "graph/passes/testing/run_pass.h"
#include "graph/text/text.h"

namespace weft {
namespace {

using ::testing::HasSubstr;

GraphPtr Parsed(const std::string& text) { return pass_ops::ParseForPass(text)->FindFunction("f"); }

// The result of the node of this op; the last one, if there are several.
ValueId ResultOf(const Graph& graph, absl::string_view op) {
  ValueId result = -1;
  for (const Node& node : graph.nodes()) {
    if (node.op->name == op) result = node.first_output;
  }
  return result;
}
NodeId NodeOf(const Graph& graph, absl::string_view op) { return graph.value(ResultOf(graph, op)).node; }

// The text after joining `ops` (one node each) as one `by` of `inputs`; the value of the last of `ops` is its result.
absl::StatusOr<std::string> Joined(const std::string& text, const std::vector<std::string>& ops, const std::string& at,
                                   const std::string& by, const std::vector<std::string>& inputs) {
  const GraphPtr graph = Parsed(text);
  NodeGroup group;
  for (const std::string& op : ops) group.nodes.push_back(NodeOf(*graph, op));
  group.at = NodeOf(*graph, at);
  WEFT_ASSIGN_OR_RETURN(const GraphPtr joined, JoinNodes(*graph, pass_ops::Registry(), {group}, [&](int) {
                          JoinedNode node;
                          node.op = by;
                          for (const std::string& op : inputs) node.inputs.push_back(ResultOf(*graph, op));
                          node.results = {ResultOf(*graph, ops.back())};
                          return absl::StatusOr<JoinedNode>(node);
                        }));
  return absl::StrCat("\n", ToText(*joined));
}

constexpr char kChain[] = R"(
function {
  %x: f32[n] = input("x")
  %neg = neg(%x)
  %mul = mul(%x, %x)
  %relu = relu(%neg)
  output "y" = %relu
  output "z" = %mul
}
)";

TEST(JoinNodesTest, TheNewNodeStandsWhereItIsSaid) {
  EXPECT_THAT(Joined(kChain, {"neg", "relu"}, "neg", "sub", {"input", "input"}), IsOkAndHolds(R"(
function {
  %x: f32[n] = input("x")
  %sub: f32[n] = sub(%x, %x)
  %mul: f32[n] = mul(%x, %x)
  output "y" = %sub
  output "z" = %mul
}
)"));
  EXPECT_THAT(Joined(kChain, {"neg", "relu"}, "relu", "sub", {"input", "input"}), IsOkAndHolds(R"(
function {
  %x: f32[n] = input("x")
  %mul: f32[n] = mul(%x, %x)
  %sub: f32[n] = sub(%x, %x)
  output "y" = %sub
  output "z" = %mul
}
)"));
}

TEST(JoinNodesTest, OrBehindItsOperandsAndItsReadersBehindIt) {
  EXPECT_THAT(Joined(R"(
function {
  %x: f32[n] = input("x")
  %neg = neg(%x)
  %b = broadcast_to(%neg, shape=[2,n])
  %mul = mul(%x, %x)
  %add = add(%neg, %mul)
  %noise = noise(shape=[n], stream=0)
  output "y" = %add
  output "noise" = %noise
}
)",
                     {"neg", "broadcast_to", "add"}, "neg", "sub", {"input", "mul"}),
              IsOkAndHolds(R"(
function {
  %x: f32[n] = input("x")
  %mul: f32[n] = mul(%x, %x)
  %sub: f32[n] = sub(%x, %mul)
  %noise: f32[n] = noise(shape=[n], stream=0)
  output "y" = %sub
  output "noise" = %noise
}
)"));
}

TEST(JoinNodesTest, ResultsAreHandedOutByValueToNodesOutputsAndUpdates) {
  const GraphPtr graph = Parsed(R"(
module {
  variable "v": f32[2]
  function "f" {
    %x: f32[4] = input("x")
    %low, %high = halves(%x)
    %a = neg(%low)
    %b = relu(%high)
    %c = add(%a, %b)
    output "a" = %a
    output "c" = %c
    update "v" = %b
  }
}
)");
  const NodeId halves = NodeOf(*graph, "halves"), neg = NodeOf(*graph, "neg"), relu = NodeOf(*graph, "relu");
  const std::vector<NodeGroup> groups = {{{halves, neg, relu}, relu}};
  WEFT_ASSERT_OK_AND_ASSIGN(const GraphPtr joined, JoinNodes(*graph, pass_ops::Registry(), groups, [&](int group) {
                              EXPECT_EQ(group, 0);
                              JoinedNode node;
                              node.op = "halves";
                              node.inputs = {ResultOf(*graph, "input")};
                              node.results = {ResultOf(*graph, "relu"), ResultOf(*graph, "neg")};
                              node.origin = JoinedOrigin(*graph, groups[group].nodes);
                              return absl::StatusOr<JoinedNode>(node);
                            }));
  EXPECT_EQ(absl::StrCat("\n", ToText(*joined)), R"(
function {
  %x: f32[4] = input("x")
  %halves: f32[2], %halves.1: f32[2] = halves(%x)
  %add: f32[2] = add(%halves.1, %halves)
  output "a" = %halves.1
  output "c" = %add
  update "v" = %halves
}
)");
  EXPECT_EQ(NameAndPlace(joined->node(1)), "halves (text:6, text:7, text:8)");
}

TEST(JoinNodesTest, AnOriginOfManyHasEachOnceAndAnOriginOfOneIsThatOne) {
  const GraphPtr graph = Parsed(kChain);
  EXPECT_EQ(JoinedOrigin(*graph, {1, 1}), graph->node(1).origin);
  EXPECT_EQ(JoinedOrigin(*graph, {1, 2, 1})->from.size(), 2);
}

TEST(JoinNodesTest, GroupsThatNeedEachOtherAreRefused) {
  EXPECT_THAT(Joined(kChain, {"input", "relu"}, "input", "relu", {"input"}),
              StatusIs(absl::StatusCode::kInternal, HasSubstr("need each other's results: 3 of 3")));
}

TEST(JoinNodesTest, WhatDoesNotFitIsRefused) {
  // mul read the node that is gone.
  EXPECT_THAT(Joined(R"(
function {
  %x: f32[n] = input("x")
  %neg = neg(%x)
  %mul = mul(%neg, %neg)
  %relu = relu(%neg)
  output "y" = %relu
  output "z" = %mul
}
)",
                     {"neg", "relu"}, "neg", "sub", {"input", "input"}),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("operand 0 was never set")));
  EXPECT_THAT(Joined(R"(
function {
  %x: f32[4] = input("x")
  %y = neg(%x)
  output "y" = %y
}
)",
                     {"neg"}, "neg", "halves", {"input"}),
              StatusIs(absl::StatusCode::kInternal, HasSubstr("halves takes the place of 1 values and has 2 results")));
  EXPECT_THAT(Joined(kChain, {"neg", "relu"}, "neg", "sub", {"input"}),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("sub")));
}

TEST(JoinNodesTest, AFailedJoinIsHandedOn) {
  const GraphPtr graph = Parsed(kChain);
  const auto fail = [](int) { return absl::StatusOr<JoinedNode>(absl::InternalError("as asked")); };
  EXPECT_THAT(JoinNodes(*graph, pass_ops::Registry(), {{{1, 3}, 1}}, fail),
              StatusIs(absl::StatusCode::kInternal, HasSubstr("as asked")));
}

TEST(BodyOrIdentityTest, APlainOpHasTheIdentity) {
  const GraphPtr graph = Parsed(R"(
function {
  %x: f32[n] = input("x")
  %neg = neg(%x)
  %program = program(%neg, body={
    %x0: f32[] = input("x0")
    %relu = relu(%x0)
    output "y0" = %relu
  })
  output "y" = %program
}
)");
  WEFT_ASSERT_OK_AND_ASSIGN(const GraphPtr identity, BodyOrIdentity(*graph, graph->node(1), pass_ops::Registry()));
  EXPECT_EQ(ToText(*identity), "function {\n  %x: f32[] = input(\"x\")\n  output \"y\" = %x\n}\n");
  EXPECT_THAT(BodyOrIdentity(*graph, graph->node(2), pass_ops::Registry()),
              IsOkAndHolds(graph->node(2).attrs->Function("body")));
}

}  // namespace
}  // namespace weft
