#include "ops/testing/fusion.h"

#include <cmath>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/testing/status_matchers.h"
#include "graph/exec/reference.h"
#include "graph/ir/module.h"
#include "graph/passes/passes.h"
#include "gtest/gtest.h"
#include "ops/all_ops.h"
#include "ops/testing/case_inputs.h"
#include "ops/testing/kernel_sweep.h"
#include "ops/testing/targets.h"

namespace weft {

GraphPtr Fused(const GraphPtr& graph) {
  auto module = std::make_shared<Module>(AllOps());
  WEFT_EXPECT_OK(module->AddFunction("f", graph));
  absl::StatusOr<PassResult> fused = FusePass().run(module, Target());
  WEFT_EXPECT_OK(fused.status());
  return fused.ok() ? fused->module->FindFunction("f") : graph;
}

int CountNodes(const Graph& graph, absl::string_view op) {
  int n = 0;
  for (const Node& node : graph.nodes()) n += node.op->name == op;
  return n;
}

const Node* FindNode(const Graph& graph, absl::string_view op) {
  for (const Node& node : graph.nodes()) {
    if (node.op->name == op) return &node;
  }
  return nullptr;
}

std::vector<Tensor> InputsFor(const Graph& graph, absl::string_view name, uint64_t seed) {
  OpCase drawn;
  drawn.op = "fusion";
  drawn.name = std::string(name);
  for (ValueId input : graph.inputs()) {
    const absl::StatusOr<ConcreteType> type = Bind(graph.type(input), {});
    WEFT_EXPECT_OK(type.status());
    if (!type.ok()) return {};
    drawn.inputs.push_back({.dtype = type->dtype, .dims = type->dims});
  }
  PhiloxStream random = StreamOf(drawn, seed);
  absl::StatusOr<std::vector<Tensor>> inputs = DrawInputs(drawn, random, false);
  WEFT_EXPECT_OK(inputs.status());
  return inputs.ok() ? *std::move(inputs) : std::vector<Tensor>();
}

bool BitEqualOrNan(const Tensor& a, const Tensor& b) {
  if (a.dtype() != b.dtype() || a.dims() != b.dims()) return false;
  for (int64_t i = 0; i < a.num_elements(); ++i) {
    const double x = a.AtDouble(i), y = b.AtDouble(i);
    if (std::isnan(x) ? !std::isnan(y) : x != y || std::signbit(x) != std::signbit(y)) return false;
  }
  return true;
}

void ExpectSameResults(const Graph& separate, const Graph& fused, absl::Span<const Tensor> inputs,
                       bool (*same)(const Tensor& a, const Tensor& b)) {
  const auto compare = [&](const absl::StatusOr<std::vector<Tensor>>& want,
                           const absl::StatusOr<std::vector<Tensor>>& got, absl::string_view by) {
    WEFT_ASSERT_OK(want.status());
    WEFT_ASSERT_OK(got.status());
    ASSERT_EQ(got->size(), want->size());
    for (size_t k = 0; k < got->size(); ++k) {
      EXPECT_TRUE(same((*got)[k], (*want)[k]))
          << by << ": result " << k << " is " << (*got)[k].ToString() << ", expected " << (*want)[k].ToString();
    }
  };
  const auto reference = [&](const Graph& graph) -> absl::StatusOr<std::vector<Tensor>> {
    absl::StatusOr<ReferenceResult> result = RunReference(graph, inputs);
    if (!result.ok()) return result.status();
    return std::move(result->outputs);
  };
  compare(reference(separate), reference(fused), "reference");
  for (const Target& target : TargetsToTest()) {
    compare(RunGuarded(separate, inputs, target), RunGuarded(fused, inputs, target), Describe(target));
  }
}

std::string RecordingError(absl::string_view op, absl::Span<const TensorType> operands, AttrMap attrs) {
  GraphBuilder b(AllOps());
  std::vector<Value> values;
  for (const TensorType& type : operands) values.push_back(b.Input(absl::StrCat("in", values.size()), type));
  b.Record(op, values, std::move(attrs), SourceLocation::current());
  return std::string(b.status().message());
}

GraphPtr ScalarBody(int num_inputs, Value (*record)(absl::Span<const Value> x)) {
  GraphBuilder b(AllOps());
  std::vector<Value> inputs;
  for (int i = 0; i < num_inputs; ++i) inputs.push_back(b.Input(absl::StrCat("x", i), {DType::kFloat32, {}}));
  b.Output("y", record(inputs));
  absl::StatusOr<GraphPtr> body = b.Build();
  WEFT_EXPECT_OK(body.status());
  return body.ok() ? *body : nullptr;
}

}  // namespace weft
