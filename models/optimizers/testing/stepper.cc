#include "models/optimizers/testing/stepper.h"

#include "core/status.h"
#include "models/losses/testing/record_and_run.h"
#include "models/optimizers/apply.h"

namespace weft {

Stepper::Stepper(const Optimizer& optimizer, std::vector<Tensor> variables, Runner runner)
    : optimizer_(optimizer), runner_(runner), variables_(std::move(variables)) {
  for (const Tensor& variable : variables_) {
    std::vector<Tensor> slots;
    for (const Slot& slot : optimizer.slots()) {
      Tensor tensor = Tensor::Create(DType::kFloat32, variable.dims()).value();
      for (float& x : tensor.mutable_data<float>()) x = static_cast<float>(slot.initial_value);
      slots.push_back(std::move(tensor));
    }
    slots_.push_back(std::move(slots));
  }
}

absl::Status Stepper::Step(absl::Span<const Tensor> gradients) {
  if (gradients.size() != variables_.size()) return InvalidArgument("a gradient per variable is needed");
  std::vector<Tensor> inputs = {Tensor::ScalarInt(DType::kInt64, iterations_),
                                Tensor::Scalar(DType::kFloat32, optimizer_.learning_rate().value)};
  for (size_t i = 0; i < variables_.size(); ++i) {
    inputs.push_back(variables_[i]);
    inputs.push_back(gradients[i]);
    inputs.insert(inputs.end(), slots_[i].begin(), slots_[i].end());
  }
  absl::Status status;
  auto record = [&](GraphBuilder& builder, absl::Span<const Value> in) {
    std::vector<VariableGradient> variables;
    size_t next = 2;
    for (size_t i = 0; i < variables_.size(); ++i) {
      VariableGradient v{"variable", in[next], in[next + 1], {}};
      next += 2;
      for (size_t k = 0; k < slots_[i].size(); ++k) v.slots.push_back(in[next++]);
      variables.push_back(std::move(v));
    }
    const Value rate = RecordLearningRate(optimizer_, builder, in[0], in[1]);
    std::vector<Value> outputs;
    auto results = ApplyGradients(optimizer_, {builder, rate, in[0]}, variables);
    status = results.status();
    if (!results.ok()) return outputs;
    for (const Optimizer::Result& result : *results) {
      outputs.push_back(result.variable);
      outputs.insert(outputs.end(), result.slots.begin(), result.slots.end());
    }
    return outputs;
  };
  auto outputs = runner_ == Runner::kKernels ? RunOnKernels(inputs, record) : RunOnReference(inputs, record);
  WEFT_RETURN_IF_ERROR(status);
  if (!outputs.ok()) return outputs.status();
  size_t next = 0;
  for (size_t i = 0; i < variables_.size(); ++i) {
    variables_[i] = (*outputs)[next++];
    for (Tensor& slot : slots_[i]) slot = (*outputs)[next++];
  }
  ++iterations_;
  return absl::OkStatus();
}

}  // namespace weft
