#include "graph/ir/graph.h"

#include <ctime>

#include "absl/strings/str_cat.h"
#include "core/testing/status_matchers.h"
#include "gmock/gmock.h"
#include "graph/ir/builder.h"
#include "graph/ir/verifier.h"
#include "graph/text/testing/test_ops.h"
#include "graph/text/text.h"
#include "gtest/gtest.h"

namespace weft {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

GraphPtr Parse(const std::string& body) {
  absl::StatusOr<GraphPtr> graph = ParseGraph(absl::StrCat("function {", body, "}"), TestOps());
  EXPECT_THAT(graph, IsOk());
  return graph.ok() ? *graph : nullptr;
}

constexpr char kBase[] =
    "%x: f32[2] = input(\"x\") %v: f32[2] = variable(\"v\") %y = add(%x, %v) %s = sum(%y, axes=[0]) "
    "output \"y\" = %y update \"v\" = %y";

TEST(GraphTest, StructuralEqualityLooksAtEverythingButOrigins) {
  const GraphPtr base = Parse(kBase);
  EXPECT_TRUE(StructurallyEqual(*base, *base));
  const GraphPtr elsewhere = Parse(absl::StrCat("\n\n", kBase));
  EXPECT_NE(base->node(0).origin->line, elsewhere->node(0).origin->line);
  EXPECT_TRUE(StructurallyEqual(*base, *elsewhere));
  EXPECT_EQ(base->StructuralHash(), elsewhere->StructuralHash());
  const std::pair<const char*, const char*> kChanges[] = {{"input(\"x\")", "input(\"z\")"},
                                                          {"f32[2]", "f32[3]"},
                                                          {"add(%x, %v)", "add(%v, %x)"},
                                                          {"axes=[0]", "axes=[]"},
                                                          {"output \"y\"", "output \"z\""},
                                                          {"output \"y\" = %y", "output \"y\" = %x"},
                                                          {"update \"v\" = %y", "update \"v\" = %x"},
                                                          {"update \"v\" = %y", ""},
                                                          {"output \"y\" = %y", ""},
                                                          {"update \"v\"", "update \"w\""},
                                                          {"%s = sum(%y, axes=[0])", ""},
                                                          {"sum(%y, axes=[0])", "sum(%y, axes=[0], keepdims=true)"}};
  for (const auto& [from, to] : kChanges) {
    std::string text = kBase;
    for (size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + std::string(to).size())) {
      text.replace(at, std::string(from).size(), to);
      if (*to == '\0') break;
    }
    const GraphPtr changed = Parse(text);
    EXPECT_FALSE(StructurallyEqual(*base, *changed)) << from << " -> " << to;
    EXPECT_FALSE(StructurallyEqual(*changed, *base)) << from << " -> " << to;
    EXPECT_NE(base->StructuralHash(), changed->StructuralHash()) << from << " -> " << to;
  }
}

// A loop of `body`, as often as said; without one, a function of no node but its input.
GraphPtr Around(const GraphPtr& body, int loops, const char* name) {
  GraphBuilder b(TestOps());
  Value x = b.Input(name, {DType::kFloat32, {2}});
  for (int i = 0; i < loops; ++i) {
    x = b.Record1(kScanOp, {x},
                  {{"body", body}, {"num_carries", int64_t{1}}, {"num_stacked", int64_t{0}}, {"length", Shape({3})}},
                  SourceLocation::current());
  }
  b.Output("y", x);
  absl::StatusOr<GraphPtr> graph = b.Build();
  EXPECT_THAT(graph, IsOk());
  return graph.ok() ? *graph : nullptr;
}

// `loops` loops of one body on each level: loops^levels paths, levels + 1 functions.
GraphPtr Nested(int levels, int loops, const char* name) {
  GraphPtr graph = Around(nullptr, 0, name);
  for (int i = 0; i < levels; ++i) graph = Around(graph, loops, "x");
  return graph;
}

// Both looked at a shared body once for every path to it, which never ended.
TEST(GraphTest, SharedBodiesAreHashedAndComparedOnce) {
  const std::clock_t begin = std::clock();
  const GraphPtr a = Nested(kMaxBodyDepth, 100, "x"), same = Nested(kMaxBodyDepth, 100, "x"),
                 other = Nested(kMaxBodyDepth, 100, "z");
  EXPECT_EQ(a->StructuralHash(), same->StructuralHash());
  EXPECT_NE(a->StructuralHash(), other->StructuralHash());
  EXPECT_TRUE(StructurallyEqual(*a, *same));
  EXPECT_FALSE(StructurallyEqual(*a, *other));
  EXPECT_TRUE(*a->node(1).attrs == *same->node(100).attrs);
  EXPECT_EQ(a->node(1).attrs->Hash(), same->node(100).attrs->Hash());
  EXPECT_LT(static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC, 5);  // of processor time
}

TEST(GraphTest, ReadersAscendingEachOnce) {
  const GraphPtr graph = Parse("%x: f32[2] = input(\"x\") %a = add(%x, %x) %b = add(%a, %x) %c = add(%b, %b)");
  const auto readers = Readers(*graph);
  ASSERT_EQ(readers.size(), 4u);
  EXPECT_THAT(readers[0], ElementsAre(1, 2));
  EXPECT_THAT(readers[1], ElementsAre(2));
  EXPECT_THAT(readers[2], ElementsAre(3));
  EXPECT_THAT(readers[3], IsEmpty());
}

OriginPtr Leaf(const std::string& layer, int line, const char* file = "model.cc") {
  auto origin = std::make_shared<Origin>();
  origin->layer = layer;
  origin->file = file;
  origin->line = line;
  return origin;
}
OriginPtr From(std::vector<OriginPtr> from) {
  auto origin = std::make_shared<Origin>();
  origin->from = std::move(from);
  return origin;
}

TEST(OriginTest, OfOnePlace) {
  EXPECT_EQ(Leaf("dense_1", 12)->ToString(), "dense_1 (model.cc:12)");
  EXPECT_EQ(Leaf("", 12)->ToString(), "model.cc:12");
  EXPECT_EQ(Leaf("dense_1", 0, "")->ToString(), "dense_1");
  EXPECT_EQ(Origin().ToString(), "");
}

TEST(OriginTest, OfSeveralPlacesAFew) {
  const OriginPtr a = Leaf("a", 1), b = Leaf("b", 2);
  EXPECT_EQ(From({a, b})->ToString(), "a (model.cc:1), b (model.cc:2)");
  EXPECT_EQ(From({a, From({b, a}), nullptr, Leaf("a", 1), Leaf("", 0, "")})->ToString(),
            "a (model.cc:1), b (model.cc:2)");
  std::vector<OriginPtr> many;
  for (int i = 0; i < 10; ++i) many.push_back(Leaf(absl::StrCat("l", i), i, ""));
  EXPECT_EQ(From(many)->ToString(), "l0, l1, l2, l3, ...");
}

// Each version of a graph derives its origins from those before: the tree is shared, deep, and ends.
TEST(OriginTest, DeepAndSharedTreesAreCutShort) {
  OriginPtr origin = Leaf("a", 1);
  for (int i = 0; i < 100000; ++i) origin = From({origin, origin});
  EXPECT_EQ(origin->ToString(), "...");
  // Taken apart from the top, or their destruction would recurse.
  while (!origin->from.empty()) {
    const OriginPtr next = origin->from[0];
    origin = next;
  }
}

}  // namespace
}  // namespace weft
