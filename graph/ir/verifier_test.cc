// The verifier on graphs that were right when they were recorded and have been tampered with since.
#include "graph/ir/verifier.h"

#include <ctime>

#include "absl/strings/str_cat.h"
#include "core/testing/status_matchers.h"
#include "gmock/gmock.h"
#include "graph/ir/builder.h"
#include "graph/ir/scan.h"
#include "graph/text/testing/test_ops.h"
#include "gtest/gtest.h"

namespace weft {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

const TensorType kPair{DType::kFloat32, {2}};
const SourceLocation kHere = SourceLocation::current();

// x, y, v = variable, a = add(x, y), (h0, h1) = halves(a); outputs and updates.
GraphPtr Sample() {
  GraphBuilder b(TestOps());
  GraphBuilder::Scope scope(b, "dense");
  Value x = b.Input("x", kPair), y = b.Input("y", kPair), v = b.Variable("v", kPair), w = b.Variable("w", kPair);
  Value a = b.Record1("add", {x, y}, {}, kHere);
  std::vector<Value> halves = b.Record("halves", {a}, {}, kHere, 2);
  b.Output("a", a);
  b.Output("h", halves[1]);
  b.Update("v", w);
  b.Update("w", v);
  absl::StatusOr<GraphPtr> graph = b.Build();
  EXPECT_THAT(graph, IsOk());
  return *graph;
}
constexpr NodeId kX = 0, kY = 1, kAdd = 4, kHalves = 5;

// Graphs are immutable to everyone but their builder. The object itself is no constant, so the cast is sound.
Node& NodeOf(const GraphPtr& graph, NodeId id) { return const_cast<Node&>(graph->node(id)); }
Graph::ValueInfo& ValueOf(const GraphPtr& graph, ValueId id) { return const_cast<Graph::ValueInfo&>(graph->value(id)); }
template <typename T>
T& Entry(absl::Span<const T> list, size_t i) {
  return const_cast<T&>(list[i]);
}

TEST(VerifierTest, AcceptsWhatWasRecorded) {
  WEFT_EXPECT_OK(Verify(*Sample()));
  GraphBuilder empty(TestOps());
  WEFT_EXPECT_OK(Verify(**empty.Build()));
}

TEST(VerifierTest, NamesWhatIsWrong) {
  static const OpDef* const other = TestOps().Find("sum");
  const struct {
    const char* error;
    std::function<void(const GraphPtr&)> tamper;
  } kCases[] = {
      {"node 4 has no op or no attributes", [](const GraphPtr& g) { NodeOf(g, kAdd).op = nullptr; }},
      {"node 4 has no op or no attributes", [](const GraphPtr& g) { NodeOf(g, kAdd).attrs = nullptr; }},
      {"node 4, add, dense (graph/ir/verifier_test.cc:", [](const GraphPtr& g) { NodeOf(g, kAdd).inputs.clear(); }},
      {"expected 2 operands, got 3", [](const GraphPtr& g) { NodeOf(g, kAdd).inputs.push_back(0); }},
      {"operand %4 is not defined before the node", [](const GraphPtr& g) { NodeOf(g, kAdd).inputs[1] = 4; }},
      {"operand %6 is not defined before the node", [](const GraphPtr& g) { NodeOf(g, kAdd).inputs[1] = 6; }},
      {"operand %-1 is not defined", [](const GraphPtr& g) { NodeOf(g, kAdd).inputs[0] = -1; }},
      {"operand %2147483647 is not defined", [](const GraphPtr& g) { NodeOf(g, kAdd).inputs[0] = INT32_MAX; }},
      {"its results are not the next values", [](const GraphPtr& g) { NodeOf(g, kAdd).first_output = 3; }},
      {"its results are not the next values", [](const GraphPtr& g) { NodeOf(g, kAdd).num_outputs = 0; }},
      {"its results are not the next values", [](const GraphPtr& g) { NodeOf(g, kHalves).num_outputs = 3; }},
      {"stored 3 results, the op gives 1", [](const GraphPtr& g) { NodeOf(g, kAdd).num_outputs = 3; }},
      {"values without a node", [](const GraphPtr& g) { const_cast<std::deque<Node>&>(g->nodes()).pop_back(); }},
      {"there is no attribute 'axis'",
       [](const GraphPtr& g) {
         NodeOf(g, kAdd).attrs = std::make_shared<const AttrMap>(AttrMap{{"axis", int64_t{1}}});
       }},
      {"attribute 'axes' is missing", [](const GraphPtr& g) { NodeOf(g, kHalves).op = other; }},
      {"attributes with defaults are not filled in",
       [](const GraphPtr& g) {
         NodeOf(g, kHalves).op = other;
         NodeOf(g, kHalves).attrs = std::make_shared<const AttrMap>(AttrMap{{"axes", std::vector<int64_t>{0}}});
       }},
      {"result 0 is stored as f32[3], the op gives f32[2]",
       [](const GraphPtr& g) {
         ValueOf(g, 4).type = {DType::kFloat32, {3}};
       }},
      {"result 0 is stored as f64[2], the op gives f32[2]",
       [](const GraphPtr& g) {
         ValueOf(g, 4).type = {DType::kFloat64, {2}};
       }},
      {"result 1 points to another node", [](const GraphPtr& g) { ValueOf(g, 6).node = kAdd; }},
      {"result 1 points to another node", [](const GraphPtr& g) { ValueOf(g, 6).index = 0; }},
      {"input 'x' is declared twice", [](const GraphPtr& g) { NodeOf(g, kY).attrs = NodeOf(g, kX).attrs; }},
      {"the list of inputs does not match", [](const GraphPtr& g) { Entry(g->inputs(), 0) = 1; }},
      {"the list of inputs does not match", [](const GraphPtr& g) { Entry(g->inputs(), 1) = 2; }},
      {"output 'a' has no value", [](const GraphPtr& g) { Entry(g->outputs(), 0).value = 7; }},
      {"output 'h' has no value", [](const GraphPtr& g) { Entry(g->outputs(), 1).value = -1; }},
      {"output 'a' is declared twice", [](const GraphPtr& g) { Entry(g->outputs(), 1).name = "a"; }},
      {"the update of 'w' has no value", [](const GraphPtr& g) { Entry(g->updates(), 1).value = 7; }},
      {"variable 'v' is updated twice", [](const GraphPtr& g) { Entry(g->updates(), 1).variable = "v"; }},
  };
  for (const auto& test : kCases) {
    const GraphPtr graph = Sample();
    test.tamper(graph);
    const absl::Status status = Verify(*graph);
    EXPECT_FALSE(status.ok()) << test.error;
    EXPECT_THAT(std::string(status.message()), HasSubstr(test.error));
  }
}

TEST(VerifierTest, RecordedFunctionsHoldNothingOfTheOptimizer) {
  GraphBuilder fused(TestOps());
  Value x = fused.Input("x", kPair);
  fused.Record1("fused_add", {x, x}, {}, kHere);
  WEFT_ASSERT_OK_AND_ASSIGN(const GraphPtr fused_graph, fused.Build());
  WEFT_EXPECT_OK(Verify(*fused_graph));
  EXPECT_THAT(Verify(*fused_graph, {.allow_fused = false}),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       AllOf(HasSubstr("node 1, fused_add"), HasSubstr("made by the optimizer only"))));

  const TensorType panels{DType::kFloat32, {2, 2}, Layout::kPanels64};
  GraphBuilder laid(TestOps());
  laid.Input("x", panels);
  WEFT_ASSERT_OK_AND_ASSIGN(const GraphPtr laid_graph, laid.Build());
  WEFT_EXPECT_OK(Verify(*laid_graph));
  EXPECT_THAT(Verify(*laid_graph, {.allow_layouts = false}),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("a layout has no place in a recorded function")));

  Module module(TestOps());
  WEFT_ASSERT_OK(module.AddVariable({"w", panels, true, "weight"}));
  WEFT_EXPECT_OK(Verify(module));
  EXPECT_THAT(Verify(module, {.allow_layouts = false}),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("variable 'w'")));
  WEFT_ASSERT_OK(module.AddFunction("f", fused_graph));
  EXPECT_THAT(Verify(module, {.allow_fused = false}),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("function 'f'")));
}

// A function of `loops` loops, each with this body; null: a function without any.
absl::StatusOr<GraphPtr> Around(const GraphPtr& body, int loops) {
  GraphBuilder b(TestOps());
  Value x = b.Input("x", kPair);
  for (int i = 0; body != nullptr && i < loops; ++i) {
    x = b.Record1(kScanOp, {x},
                  {{"body", body}, {"num_carries", int64_t{1}}, {"num_stacked", int64_t{0}}, {"length", Shape({3})}},
                  kHere);
  }
  b.Output("y", x);
  return b.Build();
}

TEST(VerifierTest, BodiesAreVerifiedToo) {
  WEFT_ASSERT_OK_AND_ASSIGN(const GraphPtr inner, Around(nullptr, 0));
  WEFT_ASSERT_OK_AND_ASSIGN(const GraphPtr middle, Around(inner, 1));
  WEFT_ASSERT_OK_AND_ASSIGN(const GraphPtr outer, Around(middle, 1));
  NodeOf(inner, 0).inputs.push_back(5);
  EXPECT_THAT(Verify(*outer), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("operand %5 is not defined")));
}

TEST(VerifierTest, BodiesAreNestedSoDeepOnly) {
  WEFT_ASSERT_OK_AND_ASSIGN(GraphPtr graph, Around(nullptr, 0));
  for (int depth = 1; depth <= kMaxBodyDepth; ++depth) {
    absl::StatusOr<GraphPtr> next = Around(graph, 1);
    WEFT_ASSERT_OK(next);
    graph = *next;
  }
  EXPECT_THAT(Around(graph, 1), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("nested deeper than 16")));
}

// The depth of a body that is shared used to be that of the first path to it.
TEST(VerifierTest, TheDeepestPathToASharedBodyCounts) {
  WEFT_ASSERT_OK_AND_ASSIGN(const GraphPtr leaf, Around(nullptr, 0));
  GraphPtr shared = leaf;  // 8 levels
  for (int i = 0; i < 8; ++i) {
    WEFT_ASSERT_OK_AND_ASSIGN(shared, Around(shared, 1));
  }
  GraphPtr deep = shared;
  for (int i = 0; i < 8; ++i) {
    WEFT_ASSERT_OK_AND_ASSIGN(deep, Around(deep, 1));
  }  // the 16 that are allowed
  for (bool shallow_first : {false, true}) {
    GraphBuilder b(TestOps());
    Value x = b.Input("x", kPair);
    for (const GraphPtr& body : {shallow_first ? shared : deep, shallow_first ? deep : shared}) {
      x = b.Record1(kScanOp, {x},
                    {{"body", body}, {"num_carries", int64_t{1}}, {"num_stacked", int64_t{0}}, {"length", Shape({3})}},
                    kHere);
    }
    EXPECT_THAT(b.Build(), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("nested deeper than 16")))
        << shallow_first;
  }
}

// 100 loops of one body on each of 16 levels: 10^32 paths, 17 functions.
TEST(VerifierTest, SharedBodiesAreLookedAtOnce) {
  const std::clock_t begin = std::clock();
  WEFT_ASSERT_OK_AND_ASSIGN(GraphPtr graph, Around(nullptr, 0));
  for (int depth = 1; depth <= kMaxBodyDepth; ++depth) {
    WEFT_ASSERT_OK_AND_ASSIGN(graph, Around(graph, 100));
  }
  WEFT_EXPECT_OK(Verify(*graph));
  EXPECT_LT(static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC, 5);  // of processor time
}

}  // namespace
}  // namespace weft
