// One step of a loop, differentiated by itself, before it is known what the loop backwards must be given. Private to
// scan_gradient.cc.
//
// The step is recorded on inputs of its own (in the order of the enum below), then its gradients behind it. What the
// gradients read of the forward part becomes a residual: the forward loop stacks it, and the loop backwards reads it
// instead of computing it again. Not stacked are what the loop has anyway (entering carries, slices, captured values),
// what does not change from step to step, and views.
#ifndef WEFT_GRAPH_AUTODIFF_LOOP_STEP_H_
#define WEFT_GRAPH_AUTODIFF_LOOP_STEP_H_

#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "graph/ir/builder.h"
#include "graph/ir/scan.h"

namespace weft {

// Copies all nodes of `body` but its inputs, for which `inputs` stand: the values of the copy, by those of the body. A
// value of an enclosing builder is captured where it is first read, as when the body was recorded.
std::vector<Value> CopyBody(GraphBuilder& builder, const Graph& body, absl::Span<const Value> inputs);

class LoopStep {
 public:
  enum class From : uint8_t { kCarry, kSlice, kCaptured, kCarryGradient, kOutputGradient, kForward, kBackward };

  // `arriving`: the stacked results at which a gradient arrives. `captures`, `slices`: those whose gradient is wanted;
  // carries: all that are floats (float_carries()). What a node of the step lacks is the error.
  static absl::StatusOr<std::unique_ptr<LoopStep>> Create(const OpRegistry& registry, const ScanView& scan,
                                                          absl::Span<const TensorType> captured_types,
                                                          std::vector<int> arriving, absl::Span<const int> slices,
                                                          absl::Span<const int> captures);

  const std::vector<int>& float_carries() const { return float_carries_; }
  // The gradients in a step, as values of graph(): in the order of float_carries(), `slices` and `captures`.
  absl::Span<const ValueId> carry_gradients() const { return carry_gradients_; }
  absl::Span<const ValueId> slice_gradients() const { return slice_gradients_; }
  absl::Span<const ValueId> capture_gradients() const { return capture_gradients_; }

  const Graph& graph() const { return builder_.graph(); }
  // Where a value comes from, and for inputs the index among their kind.
  From from(ValueId value) const { return origins_[value].from; }
  int index(ValueId value) const { return origins_[value].index; }
  // Whether it changes from step to step.
  bool varies(ValueId value) const { return varies_[value]; }
  // The op that adds two values.
  const OpDef* add_op() const { return add_op_; }

  // Says that the loop backwards computes this value. To be called for all of them before what follows.
  void Need(ValueId value);
  bool needed(ValueId value) const { return needed_[value]; }
  // What Need has found: entering carries and slices that are read; and residuals, by their values of the loop's body.
  const std::vector<int>& used_carries() const { return used_carries_; }
  const std::vector<int>& used_slices() const { return used_slices_; }
  const std::vector<ValueId>& residuals() const { return residuals_; }
  // Of a residual of this graph: its place in residuals(), or -1.
  int ResidualIndex(ValueId value) const;

  // Records what was said to be needed. `given`: for each value of graph() that is an input or a residual, what stands
  // for it (absent where nothing needs it). The values of the record, by those of graph().
  std::vector<Value> Replay(GraphBuilder& body, std::vector<Value> given) const;

 private:
  struct Where {
    From from = From::kForward;
    int index = 0;
  };
  explicit LoopStep(const OpRegistry& registry) : builder_(registry) {}
  absl::Status Record(const ScanView& scan, absl::Span<const TensorType> captured_types, std::vector<int> arriving,
                      absl::Span<const int> slices, absl::Span<const int> captures);
  void Classify();

  GraphBuilder builder_;
  NodeId forward_end_ = 0;
  const OpDef* add_op_ = nullptr;
  std::vector<Where> origins_;
  std::vector<bool> varies_, needed_;  // by value
  std::vector<ValueId> body_value_;    // of the loop's body, by value of the forward part; -1: none
  std::vector<int> residual_index_;    // by value, -1: none
  std::vector<int> float_carries_, used_carries_, used_slices_;
  std::vector<ValueId> carry_gradients_, slice_gradients_, capture_gradients_, residuals_;
  std::vector<Where> inputs_;  // in the order of recording
};

}  // namespace weft

#endif  // WEFT_GRAPH_AUTODIFF_LOOP_STEP_H_
