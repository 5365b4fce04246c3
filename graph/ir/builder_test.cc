#include "graph/ir/builder.h"

#include <ctime>

#include "absl/strings/str_cat.h"
#include "core/testing/status_matchers.h"
#include "gmock/gmock.h"
#include "graph/ir/module.h"
#include "graph/ir/scan.h"
#include "graph/text/testing/test_ops.h"
#include "gtest/gtest.h"

namespace weft {
namespace {

using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

const TensorType kPair{DType::kFloat32, {2}};

Value Op(GraphBuilder& b, const char* op, absl::Span<const Value> inputs, AttrMap attrs = {},
         SourceLocation where = SourceLocation::current()) {
  return b.Record1(op, inputs, std::move(attrs), where);
}

// What Build() says after `record`.
std::string ErrorOf(const std::function<void(GraphBuilder&)>& record, const Module* module = nullptr) {
  GraphBuilder b(TestOps(), module);
  record(b);
  const bool failed_while_recording = !b.status().ok();
  absl::StatusOr<GraphPtr> graph = b.Build();
  EXPECT_EQ(graph.ok(), !failed_while_recording);  // mistakes are found where they are made
  return std::string(graph.status().message());
}

TEST(BuilderTest, RecordsAGraph) {
  GraphBuilder b(TestOps());
  Value x = b.Input("x", kPair), y = b.Input("y", kPair);
  Value sum = Op(b, "add", {x, y});
  std::vector<Value> halves = b.Record("halves", {sum}, {}, SourceLocation::current(), 2);
  ASSERT_EQ(halves.size(), 2u);
  b.Output("first", halves[0]);
  b.Output("sum", sum);
  WEFT_ASSERT_OK_AND_ASSIGN(const GraphPtr graph, b.Build());
  EXPECT_EQ(graph->num_nodes(), 4);
  EXPECT_EQ(graph->num_values(), 5);
  EXPECT_EQ(graph->input_name(1), "y");
  EXPECT_EQ(graph->outputs()[0].name, "first");
  EXPECT_EQ(graph->outputs()[1].value, sum.id());
  EXPECT_EQ(graph->value(halves[1].id()).index, 1);
  EXPECT_EQ(&graph->producer(halves[1].id()), &graph->node(3));
}

TEST(BuilderTest, DefaultsOfAttributesAreFilledIn) {
  GraphBuilder b(TestOps());
  Value x = b.Input("x", {DType::kFloat32, {2, 2}});
  EXPECT_FALSE(b.producer(Op(b, "matmul", {x, x})).attrs->Bool("transpose_a"));
  EXPECT_EQ(b.producer(Op(b, "matmul", {x, x})).attrs->entries().size(), 2u);
}

// ---- mistakes

TEST(BuilderTest, ErrorsNameOpLayerPlaceAndOperands) {
  const std::string error = ErrorOf([](GraphBuilder& b) {
    Value x = b.Input("x", kPair), y = b.Input("y", {DType::kInt64, {Dim::Symbol("n")}});
    GraphBuilder::Scope outer(b, "model"), inner(b, "dense_1");
    Op(b, "add", {x, y});
  });
  EXPECT_THAT(error, AllOf(StartsWith("add (layer 'model/dense_1', graph/ir/builder_test.cc:"),
                           HasSubstr("expected two operands of one dtype"), EndsWith(" [operands: f32[2], i64[n]]")));
}

TEST(BuilderTest, AnErrorListsAFewOperandsOnly) {
  const std::string error = ErrorOf([](GraphBuilder& b) {
    Value x = b.Input("x", {DType::kFloat32, {2}});
    std::vector<Value> many(10000, x);
    Op(b, "concat", many, {{"axis", int64_t{7}}});
  });
  EXPECT_THAT(error,
              EndsWith("[operands: f32[2], f32[2], f32[2], f32[2], f32[2], f32[2], f32[2], f32[2] and 9992 more]"));
}

TEST(BuilderTest, WhatRecordRefuses) {
  const struct {
    const char* error;
    std::function<void(GraphBuilder&, Value)> record;
  } kCases[] = {
      {"there is no op of this name in the registry; did you mean 'add'?",
       [](GraphBuilder& b, Value x) {
         Op(b, "ad", {x, x});
       }},
      {"there is no op of this name in the registry", [](GraphBuilder& b, Value x) { Op(b, "quite_another", {x}); }},
      {"expected 2 operands, got 1", [](GraphBuilder& b, Value x) { Op(b, "add", {x}); }},
      {"attribute 'shape' is missing", [](GraphBuilder& b, Value x) { Op(b, "reshape", {x}); }},
      {"there is no attribute 'shap'",
       [](GraphBuilder& b, Value x) {
         Op(b, "reshape", {x}, {{"shape", Shape({2})}, {"shap", Shape({2})}});
       }},
      {"attribute 'shape': expected shape, got int",
       [](GraphBuilder& b, Value x) {
         Op(b, "reshape", {x}, {{"shape", int64_t{2}}});
       }},
      {"attribute 'body': the function is null",
       [](GraphBuilder& b, Value x) {
         Op(b, "program", {x}, {{"body", GraphPtr()}});
       }},
      {"the number of elements changes",
       [](GraphBuilder& b, Value x) {
         Op(b, "reshape", {x}, {{"shape", Shape({3})}});
       }},
      {"operand 1 was never set",
       [](GraphBuilder& b, Value x) {
         Op(b, "add", {x, Value()});
       }},
      {"attribute 'type'",
       [](GraphBuilder& b, Value) {
         b.Input("bad", {DType::kFloat32, {-2}});
       }},
      {"rank 17, expected at most 16",
       [](GraphBuilder& b, Value) {
         b.Input("bad", {DType::kFloat32, Shape(std::vector<Dim>(17, Dim(1)))});
       }},
      {"attribute 'type'",
       [](GraphBuilder& b, Value) {
         b.Input("bad", {DType::kFloat32, {int64_t{1} << 40, int64_t{1} << 40}});
       }},
      {"result: ",
       [](GraphBuilder& b, Value) {
         Value wide = b.Input("wide", {DType::kFloat32, {int64_t{1} << 32, 1}});
         Op(b, "matmul", {wide, Op(b, "reshape", {wide}, {{"shape", Shape({1, int64_t{1} << 32})}})});
       }},
      {"output 'y' is declared twice",
       [](GraphBuilder& b, Value x) {
         b.Output("y", x);
         b.Output("y", x);
       }},
      {"a Value that was never set", [](GraphBuilder& b, Value) { b.Output("y", Value()); }},
      {"this builder has no module", [](GraphBuilder& b, Value) { b.Variable("w"); }},
      {"variable 'w' is read as f32[3] and as f32[2]",
       [](GraphBuilder& b, Value) {
         b.Variable("w", kPair);
         b.Variable("w", {DType::kFloat32, {3}});
       }},
      {"variable 'w' is updated twice",
       [](GraphBuilder& b, Value x) {
         b.Update("w", x);
         b.Update("w", x);
       }},
      {"Inline: 0 values for a function of 1 inputs",
       [](GraphBuilder& b, Value) {
         GraphBuilder other(TestOps());
         other.Output("y", other.Input("x", kPair));
         EXPECT_EQ(b.Inline(**other.Build(), {}).size(), 1u);
       }},
  };
  for (const auto& test : kCases) {
    EXPECT_THAT(ErrorOf([&](GraphBuilder& b) { test.record(b, b.Input("x", kPair)); }), HasSubstr(test.error));
  }
}

TEST(BuilderTest, ValuesOfAnotherFunctionAreRefused) {
  GraphBuilder other(TestOps());
  const Value stranger = other.Input("x", kPair);
  EXPECT_THAT(ErrorOf([&](GraphBuilder& b) {
                Op(b, "add", {b.Input("x", kPair), stranger});
              }),
              HasSubstr("a Value of another, unrelated function is used"));
  EXPECT_THAT(ErrorOf([&](GraphBuilder& b) { b.Output("y", stranger); }), HasSubstr("unrelated function"));
  EXPECT_THAT(ErrorOf([&](GraphBuilder& b) { b.Update("w", stranger); }), HasSubstr("unrelated function"));
}

TEST(BuilderTest, TheFirstErrorStaysAndErrorValuesAreHandedOn) {
  GraphBuilder b(TestOps());
  Value x = b.Input("x", kPair);
  std::vector<Value> failed = b.Record("halves", {x, x}, {}, SourceLocation::current(), 2);
  ASSERT_EQ(failed.size(), 2u);
  EXPECT_FALSE(failed[1].ok());
  EXPECT_FALSE(failed[1].absent());
  const absl::Status first = b.status();
  EXPECT_THAT(first, StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("halves")));
  EXPECT_FALSE(Op(b, "add", {x, failed[0]}).ok());
  Op(b, "reshape", {x});
  b.Output("y", failed[0]);
  b.Update("w", failed[1]);
  EXPECT_EQ(b.status(), first);
  EXPECT_EQ(b.Build().status(), first);
}

TEST(BuilderTest, VariablesAndUpdatesOfAModule) {
  Module module(TestOps());
  WEFT_ASSERT_OK(module.AddVariable({"w", kPair, true, "weight"}));
  EXPECT_EQ(ErrorOf([](GraphBuilder& b) { b.Update("w", b.Variable("w")); }, &module), "");
  EXPECT_THAT(ErrorOf([](GraphBuilder& b) { b.Variable("v"); }, &module), HasSubstr("the module has no variable 'v'"));
  EXPECT_THAT(ErrorOf([](GraphBuilder& b) { b.Update("v", b.Variable("w")); }, &module),
              HasSubstr("the module has no variable 'v'"));
  EXPECT_THAT(ErrorOf(
                  [](GraphBuilder& b) {
                    b.Update("w", b.Input("x", {DType::kFloat32, {3}}));
                  },
                  &module),
              HasSubstr("variable 'w' is f32[2], its new value f32[3]"));
  GraphBuilder b(TestOps(), &module);
  EXPECT_EQ(b.Variable("w"), b.Variable("w"));  // one node
  EXPECT_EQ(b.graph().num_nodes(), 1);
}

TEST(BuilderTest, ABuilderBuildsOnce) {
  GraphBuilder b(TestOps());
  b.Input("x", kPair);
  WEFT_ASSERT_OK(b.Build());
  EXPECT_THAT(b.Build(), StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("Build() was called")));
}

TEST(BuilderTest, ConstantsNeedTheRole) {
  OpRegistry empty;
  GraphBuilder b(empty);
  EXPECT_FALSE(b.Constant(Tensor::Scalar(DType::kFloat32, 1)).ok());
  EXPECT_THAT(b.Build(), StatusIs(absl::StatusCode::kInternal, HasSubstr("no op for the role 'constant'")));
}

TEST(BuilderTest, LiteralsTakeTheDTypeOfTheOtherOperand) {
  GraphBuilder b(TestOps());
  Value x = b.Input("x", kPair);
  EXPECT_EQ(b.Operand(x, DType::kInt32), x);
  EXPECT_EQ(b.Operand(2, DType::kInt32).type().ToString(), "i32[]");
  EXPECT_EQ(b.Operand(2.5, DType::kFloat64).type().ToString(), "f64[]");
}

// ---- where nodes come from

TEST(BuilderTest, OriginsOfNodes) {
  GraphBuilder b(TestOps());
  Value x = b.Input("x", kPair);
  EXPECT_EQ(b.producer(x).origin->layer, "");
  Value inner, outer;
  {
    GraphBuilder::Scope encoder(b, "encoder");
    {
      GraphBuilder::Scope dense(b, "dense");
      inner = Op(b, "add", {x, x});
    }
    outer = Op(b, "add", {x, x});
  }
  EXPECT_EQ(b.producer(inner).origin->layer, "encoder/dense");
  EXPECT_EQ(b.producer(outer).origin->layer, "encoder");
  EXPECT_THAT(b.producer(inner).origin->file, EndsWith("builder_test.cc"));
  EXPECT_GT(b.producer(outer).origin->line, b.producer(inner).origin->line);
  EXPECT_EQ(b.layer_path(), "");

  auto origin = std::make_shared<Origin>();
  b.set_origin(origin);
  EXPECT_EQ(b.producer(Op(b, "add", {x, x})).origin, origin);
  // A copy has its model's origin, and its very attributes.
  const Node& copied = b.producer(b.CopyNode(b.producer(inner), {x, x})[0]);
  EXPECT_EQ(copied.origin, b.producer(inner).origin);
  EXPECT_EQ(copied.attrs, b.producer(inner).attrs);
  EXPECT_EQ(b.producer(Op(b, "add", {x, x})).origin, origin);
  b.set_origin(nullptr);
  EXPECT_NE(b.producer(Op(b, "add", {x, x})).origin, origin);
}

// ---- bodies

TEST(BuilderTest, BodiesCaptureValuesFromAround) {
  GraphBuilder outermost(TestOps());
  Value x = outermost.Input("x", kPair);
  GraphBuilder outer(TestOps(), &outermost);
  GraphBuilder inner(TestOps(), &outer);
  // By way of the function between them, once for each value.
  Value y = Op(inner, "add", {x, x});
  ASSERT_EQ(inner.captures().size(), 1u);
  ASSERT_EQ(outer.captures().size(), 1u);
  EXPECT_EQ(outer.captures()[0], x);
  EXPECT_EQ(inner.captures()[0].builder(), &outer);
  EXPECT_EQ(inner.graph().input_name(0), "captured_0");
  EXPECT_EQ(inner.Resolve(x), inner.value(inner.graph().inputs()[0]));
  // The node belongs to the innermost function, whoever is asked to record it.
  EXPECT_EQ(Op(outermost, "add", {x, y}).builder(), &inner);
  // Not the other way round.
  EXPECT_FALSE(outermost.Resolve(y).ok());
}

TEST(BuilderTest, BodiesReadAndUpdateNoVariables) {
  Module module(TestOps());
  WEFT_ASSERT_OK(module.AddVariable({"w", kPair, true, "weight"}));
  GraphBuilder outer(TestOps(), &module);
  GraphBuilder body(TestOps(), &outer);
  Value w = body.Variable("w", kPair);
  EXPECT_TRUE(IsInput(body.producer(w)));
  EXPECT_TRUE(IsVariable(outer.producer(body.captures()[0])));
  body.Update("w", w);
  EXPECT_THAT(body.Build(), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("make it a carry")));
}

TEST(BuilderTest, BodiesDrawStreamsFromTheFunctionAround) {
  GraphBuilder outer(TestOps());
  EXPECT_EQ(outer.NextStream(), 0);
  GraphBuilder body(TestOps(), &outer);
  EXPECT_EQ(body.NextStream(), 1);
  EXPECT_EQ(outer.NextStream(), 2);
}

TEST(BuilderTest, InlinesAFunction) {
  GraphBuilder f(TestOps());
  Value x = f.Input("x", kPair), w = f.Variable("w", kPair);
  f.Output("sum", Op(f, "add", {x, w}));
  f.Output("x", x);
  WEFT_ASSERT_OK_AND_ASSIGN(const GraphPtr graph, f.Build());

  GraphBuilder b(TestOps());
  Value y = b.Input("y", kPair), own = b.Variable("w", kPair);
  std::vector<Value> results = b.Inline(*graph, {y});
  ASSERT_EQ(results.size(), 2u);
  EXPECT_EQ(results[1], y);
  EXPECT_EQ(b.producer(results[0]).inputs[1], own.id());
  EXPECT_EQ(b.graph().num_nodes(), 3);
}

// It used to compare every name with every other.
TEST(BuilderTest, ManyOutputsAreLinear) {
  GraphBuilder b(TestOps());
  Value x = b.Input("x", kPair);
  const std::clock_t begin = std::clock();
  for (int i = 0; i < 200000; ++i) b.Output(absl::StrCat("output_", i), x);
  EXPECT_LT(static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC, 5);  // of processor time
  b.Output("output_199999", x);
  EXPECT_THAT(b.status(), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("'output_199999' is declared twice")));
}

}  // namespace
}  // namespace weft
