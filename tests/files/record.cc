// Records and saves a small module that trains: where each node came from is in its file.
#include "tests/files/record.h"

#include <memory>
#include <vector>

#include "core/status.h"
#include "graph/autodiff/gradients.h"
#include "graph/exec/state.h"
#include "graph/ir/builder.h"
#include "graph/ir/scan.h"
#include "graph/proto/module_file.h"
#include "graph/proto/saved_module.h"
#include "ops/all_ops.h"
#include "ops/dense/dense.h"
#include "ops/elementwise/elementwise.h"
#include "ops/reduce/reduce.h"

namespace weft {
namespace {

constexpr int64_t kFeatures = 3, kUnits = 4;

// y = relu(x w + b), then a decaying sum over the rows: a product, elementwise ops and a loop, with their gradients.
absl::StatusOr<GraphPtr> TrainStep(const Module& module) {
  GraphBuilder builder(AllOps(), &module);
  const Dim n = Dim::Symbol("n");
  const Value x = builder.Input("x", {DType::kFloat32, {n, kFeatures}});
  const Value w = builder.Variable("w"), b = builder.Variable("b");
  const Value y = Relu(MatMul(x, w) + b);
  const ScanResult sums =
      Scan(builder, {b * 0.0}, {y}, [](GraphBuilder&, absl::Span<const Value> carry, absl::Span<const Value> row) {
        const Value sum = 0.5 * carry[0] + row[0];
        return ScanStep{{sum}, {sum}};
      });
  const Value loss = ReduceMean(Square(sums.outputs[0] - 1.0));
  WEFT_ASSIGN_OR_RETURN(const std::vector<Value> gradients, Gradients({loss}, {w, b}));
  builder.Output("loss", loss);
  builder.Update("w", w - 0.1 * gradients[0]);
  builder.Update("b", b - 0.1 * gradients[1]);
  return builder.Build();
}

}  // namespace

absl::StatusOr<Recorded> WEFT_CHECKOUT() {
  auto module = std::make_shared<Module>(AllOps());
  WEFT_RETURN_IF_ERROR(module->AddVariable(
      {.name = "w", .type = {DType::kFloat32, {kFeatures, kUnits}}, .trainable = true, .kind = "weight"}));
  WEFT_RETURN_IF_ERROR(
      module->AddVariable({.name = "b", .type = {DType::kFloat32, {kUnits}}, .trainable = true, .kind = "weight"}));
  WEFT_ASSIGN_OR_RETURN(GraphPtr train_step, TrainStep(*module));
  WEFT_RETURN_IF_ERROR(module->AddFunction(kTrainStepFunction, std::move(train_step)));

  WEFT_ASSIGN_OR_RETURN(const std::unique_ptr<State> state, State::Create(module));
  std::vector<NamedTensor> variables;
  for (const VariableDecl& variable : module->variables()) {
    WEFT_ASSIGN_OR_RETURN(Tensor value, state->Get(variable.name));
    float next = 0.25f;
    for (float& v : value.mutable_data<float>()) v = next = 1 - next * 1.5f;
    WEFT_RETURN_IF_ERROR(state->Set(variable.name, value));
    variables.emplace_back(variable.name, std::move(value));
  }
  Recorded recorded;
  recorded.weights_hash = state->WeightsHash();
  recorded.fingerprint = Fingerprint(*module);
  WEFT_ASSIGN_OR_RETURN(recorded.graph, SerializeModule(*module));
  WEFT_ASSIGN_OR_RETURN(recorded.bytes, SaveModuleToBytes(*module, variables));
  return recorded;
}

}  // namespace weft
