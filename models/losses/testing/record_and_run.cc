#include "models/losses/testing/record_and_run.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "absl/strings/str_cat.h"
#include "core/status.h"
#include "graph/exec/program.h"
#include "graph/exec/reference.h"
#include "graph/exec/state.h"
#include "graph/ir/module.h"
#include "ops/elementwise/elementwise_family.h"
#include "ops/random/random_family.h"
#include "ops/reduce/reduce_family.h"
#include "ops/shape/shape_family.h"
#include "ops/softmax/softmax_family.h"

namespace weft {

const OpRegistry& TestOps() {
  static const OpRegistry& registry = *[] {
    auto* made = new OpRegistry;
    for (auto add : {AddElementwiseFamily, AddShapeFamily, AddReduceFamily, AddSoftmaxFamily, AddRandomFamily}) {
      add(*made).IgnoreError();  // recording with what is then missing fails
    }
    return made;
  }();
  return registry;
}

absl::StatusOr<GraphPtr> RecordGraph(absl::Span<const TensorType> inputs, const RecordFn& record) {
  GraphBuilder builder(TestOps());
  std::vector<Value> values;
  for (size_t i = 0; i < inputs.size(); ++i) values.push_back(builder.Input(absl::StrCat("x", i), inputs[i]));
  const std::vector<Value> outputs = record(builder, values);
  for (size_t i = 0; i < outputs.size(); ++i) builder.Output(absl::StrCat("y", i), outputs[i]);
  return builder.Build();
}

namespace {

std::vector<TensorType> TypesOf(absl::Span<const Tensor> tensors) {
  std::vector<TensorType> types;
  for (const Tensor& tensor : tensors) types.push_back(TypeOf(tensor));
  return types;
}

}  // namespace

absl::StatusOr<std::vector<Tensor>> RunOnReference(absl::Span<const Tensor> inputs, const RecordFn& record) {
  WEFT_ASSIGN_OR_RETURN(GraphPtr graph, RecordGraph(TypesOf(inputs), record));
  WEFT_ASSIGN_OR_RETURN(ReferenceResult result, RunReference(*graph, inputs));
  return std::move(result.outputs);
}

absl::StatusOr<std::vector<Tensor>> RunOnKernels(absl::Span<const Tensor> inputs, const RecordFn& record) {
  WEFT_ASSIGN_OR_RETURN(GraphPtr graph, RecordGraph(TypesOf(inputs), record));
  auto module = std::make_shared<Module>(TestOps());
  WEFT_RETURN_IF_ERROR(module->AddFunction("f", graph));
  WEFT_ASSIGN_OR_RETURN(auto state, State::Create(module));
  WEFT_ASSIGN_OR_RETURN(auto program, Program::Compile(module, "f", {}));
  std::vector<TensorView> views(inputs.begin(), inputs.end());
  return program->Run(*state, views);
}

TensorType TypeOf(const Tensor& tensor) { return {tensor.dtype(), Shape::FromDims(tensor.dims())}; }

Tensor F32(std::vector<int64_t> dims, std::vector<float> values) {
  return Tensor::FromVector<float>(values, dims).value();
}
Tensor I32(std::vector<int64_t> dims, std::vector<int32_t> values) {
  return Tensor::FromVector<int32_t>(values, dims).value();
}

double RelativeError(const Tensor& a, const Tensor& b) {
  const double infinity = std::numeric_limits<double>::infinity();
  if (a.dims() != b.dims()) return infinity;
  double error = 0, scale = 0;
  for (int64_t i = 0; i < a.num_elements(); ++i) {
    const double x = a.AtDouble(i), y = b.AtDouble(i);
    if (std::isnan(x) != std::isnan(y)) return infinity;
    if (std::isnan(x) || x == y) continue;
    error = std::max(error, std::abs(x - y));
    scale = std::max(scale, std::abs(y));
  }
  return error == 0 ? 0 : error / std::max(scale, 1e-30);
}

}  // namespace weft
