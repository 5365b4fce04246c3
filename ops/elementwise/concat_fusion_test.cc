// The fusion that lets a program write the parts of a concat, and what the kernel then writes.
#include "ops/elementwise/concat_fusion.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "core/testing/status_matchers.h"
#include "graph/exec/reference.h"
#include "graph/ir/module.h"
#include "graph/passes/pipeline.h"
#include "ops/elementwise/elementwise.h"
#include "ops/elementwise/infer.h"
#include "ops/elementwise/testing/harness.h"
#include "ops/shape/shape.h"

namespace weft {
namespace {

using ::testing::HasSubstr;
using Record = std::function<std::vector<Value>(GraphBuilder& builder, absl::Span<const Value> in)>;

absl::StatusOr<GraphPtr> Optimized(const GraphPtr& graph) {
  auto module = std::make_shared<Module>(TestOps());
  WEFT_RETURN_IF_ERROR(module->AddFunction("f", graph));
  WEFT_ASSIGN_OR_RETURN(const PassResult optimized, Optimize(module, Target()));
  return optimized.module->FindFunction("f");
}

std::vector<std::string> OpsOf(const Graph& graph) {
  std::vector<std::string> ops;
  for (const Node& node : graph.nodes()) {
    if (!IsInput(node)) ops.push_back(node.op->name);
  }
  return ops;
}

TensorType Type(Shape shape) { return {DType::kFloat32, std::move(shape)}; }

// Parts in an order of their own, one of them read elsewhere too, and one value beside them.
std::vector<Value> Cell(GraphBuilder&, absl::Span<const Value> in) {
  const Value a = Relu(in[0]) * in[1], b = in[0] + in[1], c = a - b;
  return {Concat({c, a, b}, -1), c, b * in[2]};
}

TEST(ConcatFusionTest, OneProgramWritesTheParts) {
  for (const Dims& dims : {Dims{7, 5}, Dims{3, 128}, Dims{1, 1}, Dims{33, 10}, Dims{129, 784}, Dims{0, 5}, Dims{5},
                           Dims{4, 3, 64}, Dims{2, 4097}}) {
    SCOPED_TRACE(DimsToString(dims));
    const Shape shape = Shape::FromDims(dims);
    const std::vector<TensorType> types = {Type(shape), Type(shape), Type({})};
    WEFT_ASSERT_OK_AND_ASSIGN(const GraphPtr plain, BuildGraph(types, Cell));
    WEFT_ASSERT_OK_AND_ASSIGN(const GraphPtr fused, Optimized(plain));
    EXPECT_THAT(OpsOf(*fused), testing::ElementsAre("elementwise_program"));
    PhiloxStream random(1);
    const std::vector<Tensor> inputs = {RandomF32(dims, -2, 2, random), RandomF32(dims, -2, 2, random),
                                        RandomF32({}, -2, 2, random)};
    WEFT_ASSERT_OK_AND_ASSIGN(const ReferenceResult want, RunReference(*plain, inputs));
    WEFT_ASSERT_OK_AND_ASSIGN(const ReferenceResult reference, RunReference(*fused, inputs));
    std::vector<Tensor> first;
    for (Isa isa : HostIsas()) {
      for (int shares : {1, 2, 3, 8}) {
        SCOPED_TRACE(absl::StrCat(Name(isa), ", ", shares, " shares"));
        KernelRunOptions options;
        options.target.isa = isa;
        options.target.threads = shares;
        options.target.force_shares = shares > 1;
        WEFT_ASSERT_OK_AND_ASSIGN(const std::vector<Tensor> got, RunLastNode(*fused, inputs, options));
        ASSERT_EQ(got.size(), 3u);
        if (first.empty()) first = got;
        for (size_t k = 0; k < got.size(); ++k) {
          // The program's results are in the order of its own outputs.
          size_t output = 0;
          while (fused->value(fused->outputs()[output].value).index != static_cast<int>(k)) ++output;
          ASSERT_EQ(Difference(reference.outputs[output], want.outputs[output], 0), "") << "result " << k;
          ASSERT_EQ(Difference(got[k], FlushDenormals(want.outputs[output]), 0), "") << "result " << k;
          ASSERT_EQ(Difference(got[k], first[k], 0), "") << "result " << k;
        }
      }
    }
  }
}

TEST(ConcatFusionTest, TheSameBitsAsTheSeparateOps) {
  const Dims dims = {33, 65};
  const std::vector<TensorType> types = {Type(Shape::FromDims(dims)), Type(Shape::FromDims(dims)), Type({})};
  WEFT_ASSERT_OK_AND_ASSIGN(const GraphPtr joined, BuildGraph(types, Cell));
  WEFT_ASSERT_OK_AND_ASSIGN(const GraphPtr fused, Optimized(joined));
  WEFT_ASSERT_OK_AND_ASSIGN(const GraphPtr apart, BuildGraph(types, [](GraphBuilder&, absl::Span<const Value> in) {
                              const Value a = Relu(in[0]) * in[1], t = in[0] + in[1];
                              return std::vector<Value>{a - t, a, t};
                            }));
  WEFT_ASSERT_OK_AND_ASSIGN(const GraphPtr program, Optimized(apart));
  PhiloxStream random(2);
  const std::vector<Tensor> inputs = {RandomF32(dims, -2, 2, random), RandomF32(dims, -2, 2, random),
                                      RandomF32({}, -2, 2, random)};
  KernelRunOptions options;
  WEFT_ASSERT_OK_AND_ASSIGN(const std::vector<Tensor> got, RunLastNode(*fused, inputs, options));
  const std::vector<Tensor> two = {inputs[0], inputs[1]};
  WEFT_ASSERT_OK_AND_ASSIGN(const std::vector<Tensor> parts, RunLastNode(*program, two, options));
  const Tensor& y = got.back();
  ASSERT_EQ(y.dims(), (Dims{33, 3 * 65}));
  for (size_t part = 0; part < 3; ++part) {
    for (int64_t i = 0; i < parts[part].num_elements(); ++i) {
      size_t output = static_cast<size_t>(program->value(program->outputs()[part].value).index);
      ASSERT_EQ(y.data<float>()[i / 65 * 195 + static_cast<int64_t>(part) * 65 + i % 65],
                parts[output].data<float>()[i]);
    }
  }
}

// Another axis, parts of another source, another dtype, one part alone.
TEST(ConcatFusionTest, WhatStays) {
  const TensorType x = Type({4, 6});
  const auto ops_of = [&](const Record& record) {
    absl::StatusOr<GraphPtr> graph = BuildGraph({x, x}, record);
    EXPECT_THAT(graph, IsOk());
    graph = Optimized(*graph);
    EXPECT_THAT(graph, IsOk());
    return OpsOf(**graph);
  };
  using Values = std::vector<Value>;
  EXPECT_THAT(ops_of([](GraphBuilder&, absl::Span<const Value> in) {
                const Value a = Exp(in[0]), b = a + in[1];
                return Values{Concat({a, b}, 0)};
              }),
              testing::ElementsAre("elementwise_program", "concat"));
  EXPECT_THAT(ops_of([](GraphBuilder&, absl::Span<const Value> in) {
                const Value a = Exp(in[0]), b = a + in[1];
                return Values{Concat({a, b, in[0]}, 1)};
              }),
              testing::ElementsAre("elementwise_program", "concat"));
  EXPECT_THAT(ops_of([](GraphBuilder&, absl::Span<const Value> in) {
                return Values{Concat({Exp(in[0]) + in[0], SliceAxis(in[1], 1, 0, 1)}, 1)};
              }),
              testing::Contains("concat"));
}

TEST(ConcatFusionTest, TypeRule) {
  const OpDef& op = *TestOps().Find("elementwise_program");
  const auto infer = [&](int64_t joined, const TensorType& type, bool mixed) {
    absl::StatusOr<GraphPtr> body = BuildGraph({Type({})}, [&](GraphBuilder&, absl::Span<const Value> in) {
      return std::vector<Value>{mixed ? Greater(in[0], 0.0) : Exp(in[0]), Neg(in[0])};
    });
    EXPECT_THAT(body, IsOk());
    return op.infer({type}, AttrMap{{"body", *body}, {kJoinedAttr, joined}});
  };
  const Dim n = Dim::Symbol("n");
  WEFT_ASSERT_OK_AND_ASSIGN(const std::vector<TensorType> types, infer(2, Type({n, n}), false));
  EXPECT_THAT(types, testing::ElementsAre(Type({n, n * 2})));
  WEFT_ASSERT_OK_AND_ASSIGN(const std::vector<TensorType> one, infer(1, Type({n, n}), true));
  EXPECT_EQ(one.size(), 2u);
  EXPECT_THAT(infer(3, Type({n, n}), false), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("0 to 2")));
  EXPECT_THAT(infer(-1, Type({n, n}), false), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("0 to 2")));
  EXPECT_THAT(infer(2, Type({}), false), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("rank 1")));
  EXPECT_THAT(infer(2, Type({n}), true), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("one dtype")));
}

}  // namespace
}  // namespace weft
