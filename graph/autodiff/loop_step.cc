#include "graph/autodiff/loop_step.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/status.h"
#include "graph/autodiff/gradients.h"

namespace weft {

std::vector<Value> CopyBody(GraphBuilder& builder, const Graph& body, absl::Span<const Value> inputs) {
  std::vector<Value> values(body.num_values());
  for (size_t i = 0; i < inputs.size(); ++i) values[body.inputs()[i]] = inputs[i];
  for (const Node& node : body.nodes()) {
    if (IsInput(node)) continue;
    std::vector<Value> operands;
    for (ValueId input : node.inputs) operands.push_back(values[input]);
    const std::vector<Value> results = builder.CopyNode(node, operands);
    if (!builder.status().ok()) return values;  // Build reports it
    std::copy(results.begin(), results.end(), values.begin() + node.first_output);
  }
  return values;
}

absl::StatusOr<std::unique_ptr<LoopStep>> LoopStep::Create(const OpRegistry& registry, const ScanView& scan,
                                                           absl::Span<const TensorType> captured_types,
                                                           std::vector<int> arriving, absl::Span<const int> slices,
                                                           absl::Span<const int> captures) {
  std::unique_ptr<LoopStep> step(new LoopStep(registry));
  WEFT_RETURN_IF_ERROR(step->Record(scan, captured_types, std::move(arriving), slices, captures));
  step->Classify();
  return step;
}

absl::Status LoopStep::Record(const ScanView& scan, absl::Span<const TensorType> captured_types,
                              std::vector<int> arriving, absl::Span<const int> slices, absl::Span<const int> captures) {
  const Graph& body = *scan.body;
  const auto input = [&](From from, int index, const TensorType& type) {
    inputs_.push_back({from, index});
    return builder_.Input(absl::StrCat("x", inputs_.size()), type);
  };
  std::vector<Value> operands;
  for (int i = 0; i < scan.num_carries; ++i) {
    operands.push_back(input(From::kCarry, i, body.type(body.inputs()[i])));
  }
  for (int i = 0; i < scan.num_stacked; ++i) {
    operands.push_back(input(From::kSlice, i, body.type(body.inputs()[scan.num_carries + i])));
  }
  for (int i = 0; i < scan.num_captured; ++i) operands.push_back(input(From::kCaptured, i, captured_types[i]));
  const std::vector<Value> values = CopyBody(builder_, body, operands);
  WEFT_RETURN_IF_ERROR(builder_.status());
  forward_end_ = builder_.graph().num_nodes();
  body_value_.assign(builder_.graph().num_values(), -1);
  for (size_t v = 0; v < values.size(); ++v) {
    if (values[v].ok()) body_value_[values[v].id()] = static_cast<ValueId>(v);
  }

  std::vector<Value> ys, dys, wrt;
  for (int i = 0; i < scan.num_carries; ++i) {
    if (!IsFloat(operands[i].dtype())) continue;
    const Value next = values[body.outputs()[i].value];
    ys.push_back(next);
    dys.push_back(input(From::kCarryGradient, static_cast<int>(float_carries_.size()), next.type()));
    wrt.push_back(operands[i]);
    float_carries_.push_back(i);
  }
  for (size_t i = 0; i < arriving.size(); ++i) {
    const Value y = values[body.outputs()[scan.num_carries + arriving[i]].value];
    ys.push_back(y);
    dys.push_back(input(From::kOutputGradient, static_cast<int>(i), y.type()));
  }
  for (int i : slices) wrt.push_back(operands[scan.num_carries + i]);
  for (int i : captures) wrt.push_back(operands[scan.num_carries + scan.num_stacked + i]);
  std::vector<Value> gradients;
  if (!ys.empty() && !wrt.empty()) {
    WEFT_ASSIGN_OR_RETURN(gradients, Gradients(ys, wrt, dys));
  }
  auto take = [next = gradients.begin()](size_t count, std::vector<ValueId>* to) mutable {
    for (size_t i = 0; i < count; ++i) to->push_back((next++)->id());
  };
  take(float_carries_.size(), &carry_gradients_);
  take(slices.size(), &slice_gradients_);
  take(captures.size(), &capture_gradients_);
  if (!gradients.empty()) {
    const Value sum = builder_.registry().roles().add(gradients[0], gradients[0]);
    if (sum.ok()) add_op_ = builder_.producer(sum).op;
  }
  return builder_.status();
}

void LoopStep::Classify() {
  const Graph& graph = builder_.graph();
  const int count = graph.num_values();
  origins_.resize(count);
  varies_.resize(count);
  needed_.resize(count);
  residual_index_.assign(count, -1);
  body_value_.resize(count, -1);
  size_t next_input = 0;
  for (NodeId id = 0; id < graph.num_nodes(); ++id) {
    const Node& node = graph.node(id);
    bool varies = false;
    Where where{id < forward_end_ ? From::kForward : From::kBackward, 0};
    if (IsInput(node)) {
      where = inputs_[next_input++];
      varies = where.from != From::kCaptured;
    }
    for (ValueId input : node.inputs) varies = varies || varies_[input];
    for (int i = 0; i < node.num_outputs; ++i) {
      origins_[node.first_output + i] = where;
      varies_[node.first_output + i] = varies;
    }
  }
}

int LoopStep::ResidualIndex(ValueId value) const { return residual_index_[value]; }

void LoopStep::Need(ValueId root) {
  const auto add_once = [](std::vector<int>& list, int index) {
    if (std::find(list.begin(), list.end(), index) == list.end()) list.push_back(index);
  };
  std::vector<ValueId> open = {root};
  while (!open.empty()) {
    const ValueId value = open.back();
    open.pop_back();
    if (needed_[value]) continue;
    needed_[value] = true;
    switch (origins_[value].from) {
      case From::kCarry:
        add_once(used_carries_, origins_[value].index);
        continue;
      case From::kSlice:
        add_once(used_slices_, origins_[value].index);
        continue;
      case From::kCaptured:
      case From::kCarryGradient:
      case From::kOutputGradient:
        continue;
      case From::kForward:
        if (varies_[value] && !graph().producer(value).op->is_view) {
          residual_index_[value] = static_cast<int>(residuals_.size());
          residuals_.push_back(body_value_[value]);
          continue;
        }
        break;
      case From::kBackward:
        break;
    }
    for (ValueId input : graph().producer(value).inputs) open.push_back(input);
  }
}

std::vector<Value> LoopStep::Replay(GraphBuilder& body, std::vector<Value> given) const {
  for (const Node& node : graph().nodes()) {
    if (IsInput(node)) continue;
    bool wanted = false;
    for (int i = 0; i < node.num_outputs; ++i) {
      const ValueId value = node.first_output + i;
      wanted = wanted || (needed_[value] && residual_index_[value] < 0);
    }
    if (!wanted) continue;
    std::vector<Value> operands;
    for (ValueId input : node.inputs) operands.push_back(given[input]);
    const std::vector<Value> results = body.CopyNode(node, operands);
    if (!body.status().ok()) return given;
    for (int i = 0; i < node.num_outputs; ++i) {
      if (residual_index_[node.first_output + i] < 0) given[node.first_output + i] = results[i];
    }
  }
  return given;
}

}  // namespace weft
