#include "graph/autodiff/scan_gradient.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/container/inlined_vector.h"
#include "absl/strings/str_cat.h"
#include "core/status.h"
#include "graph/autodiff/loop_step.h"
#include "graph/ir/scan.h"

namespace weft {
namespace {

using From = LoopStep::From;

// What the gradient of a captured value is made of once the loop backwards has run.
struct CaptureSum {
  // One of the addends: an op's results summed over the steps, as one computation (OpDef::sum_over_steps).
  struct Term {
    const Node* node = nullptr;  // of the step's graph
  };
  std::vector<Term> terms;
  int carry = -1;  // added up step by step instead, by this carry of the loop backwards
};

class ScanDifferentiator {
 public:
  ScanDifferentiator(const Node& node, const GradientArgs& args) : scan_(node), args_(args), builder_(args.builder()) {
    for (int i = 0; i < args.num_inputs(); ++i) {
      (i < scan_.num_carries                       ? init_
       : i < scan_.num_carries + scan_.num_stacked ? xs_
                                                   : captured_)
          .push_back(args.input(i));
    }
    for (int i = 0; i < scan_.num_stacked; ++i) {
      if (args.needs(scan_.num_carries + i)) slices_.push_back(i);
    }
    for (int i = 0; i < scan_.num_captured; ++i) {
      if (args.needs(scan_.num_carries + scan_.num_stacked + i)) captures_.push_back(i);
    }
    for (int i = 0; i < scan_.num_outputs; ++i) {
      if (!args.dy(scan_.num_carries + i).absent()) arriving_.push_back(i);
    }
  }

  absl::StatusOr<std::vector<Value>> Run() {
    std::vector<TensorType> captured_types;
    for (const Value& v : captured_) captured_types.push_back(v.type());
    WEFT_ASSIGN_OR_RETURN(step_,
                          LoopStep::Create(builder_.registry(), scan_, captured_types, arriving_, slices_, captures_));
    for (ValueId value : step_->carry_gradients()) step_->Need(value);
    for (ValueId value : step_->slice_gradients()) step_->Need(value);
    PlanSums();
    WEFT_RETURN_IF_ERROR(RunForward());
    const ScanResult back = RunBackward();
    WEFT_RETURN_IF_ERROR(builder_.status());
    return Results(back);
  }

 private:
  // ---- sums over the steps

  // Takes the sum apart into addends that know how to add up over steps. False: some addend does not.
  bool Decompose(ValueId value, std::vector<CaptureSum::Term>* terms) const {
    const Node& node = step_->graph().producer(value);
    if (!step_->varies(value)) return node.inputs.empty();  // nothing arrives: zeros
    if (step_->from(value) != From::kBackward) return false;
    if (node.op == step_->add_op()) {
      return step_->graph().type(node.inputs[0]) == step_->graph().type(value) &&
             step_->graph().type(node.inputs[1]) == step_->graph().type(value) && Decompose(node.inputs[0], terms) &&
             Decompose(node.inputs[1], terms);
    }
    if (node.op->sum_over_steps == nullptr || node.num_outputs != 1) return false;
    if (!CanSum(node)) return false;
    terms->push_back({&node});
    return true;
  }

  // Tries the op on stacks of the right types.
  bool CanSum(const Node& node) const {
    GraphBuilder trial(builder_.registry());
    std::vector<Value> operands;
    std::vector<char> stacked = StackedOperands(node);
    for (size_t i = 0; i < node.inputs.size(); ++i) {
      TensorType type = step_->graph().type(node.inputs[i]);
      if (stacked[i]) type.shape = Stacked(type.shape);
      operands.push_back(trial.Input(absl::StrCat("x", i), type));
    }
    const Value sum = Sum(trial, node, operands, stacked);
    return sum.ok() && sum.type() == step_->graph().type(node.first_output);
  }

  static Value Sum(GraphBuilder& builder, const Node& node, absl::Span<const Value> operands,
                   absl::Span<const char> stacked) {
    absl::InlinedVector<bool, 4> flags(stacked.begin(), stacked.end());
    return node.op->sum_over_steps(builder, operands, flags, *node.attrs);
  }

  std::vector<char> StackedOperands(const Node& node) const {
    std::vector<char> stacked;
    for (ValueId input : node.inputs) stacked.push_back(step_->varies(input));
    return stacked;
  }

  Shape Stacked(const Shape& shape) const {
    Shape stacked{scan_.length};
    for (const Dim& dim : shape) stacked.push_back(dim);
    return stacked;
  }

  // Which captured values' gradients are sums over stacks; the rest is carried.
  void PlanSums() {
    int carries = static_cast<int>(step_->float_carries().size());
    for (ValueId gradient : step_->capture_gradients()) {
      CaptureSum sum;
      if (!Decompose(gradient, &sum.terms)) {
        sum.terms.clear();
        sum.carry = carries++;
        step_->Need(gradient);
      }
      for (const CaptureSum::Term& term : sum.terms) {
        for (ValueId operand : term.node->inputs) NeedStack(operand);
      }
      sums_.push_back(std::move(sum));
    }
  }

  // A stack of this value of the step will be read after the loop backwards.
  void NeedStack(ValueId value) {
    step_->Need(value);
    const From from = step_->from(value);
    if (!step_->varies(value) || step_->ResidualIndex(value) >= 0) return;
    if (from != From::kForward && from != From::kBackward && from != From::kCarryGradient) return;  // there is one
    const absl::Span<const ValueId> slices = step_->slice_gradients();  // those are stacked anyway
    if (std::find(slices.begin(), slices.end(), value) != slices.end()) return;
    if (std::find(stacked_out_.begin(), stacked_out_.end(), value) == stacked_out_.end()) stacked_out_.push_back(value);
  }

  // ---- the loop forward again, with all that the loop backwards reads; the cse pass makes one loop of the two

  absl::Status RunForward() {
    carry_stacks_.resize(scan_.num_carries);
    if (step_->used_carries().empty() && step_->residuals().empty()) return absl::OkStatus();
    const ScanResult again =
        Scan(builder_, init_, xs_,
             [&](GraphBuilder& body, absl::Span<const Value> carries, absl::Span<const Value> slices) {
               std::vector<Value> operands(carries.begin(), carries.end());
               operands.insert(operands.end(), slices.begin(), slices.end());
               operands.insert(operands.end(), captured_.begin(), captured_.end());
               const std::vector<Value> values = CopyBody(body, *scan_.body, operands);
               ScanStep step;
               for (const Graph::Output& output : scan_.body->outputs()) {
                 const bool carried = static_cast<int>(step.carries.size()) < scan_.num_carries;
                 (carried ? step.carries : step.outputs).push_back(body.Resolve(values[output.value]));
               }
               for (int carry : step_->used_carries()) step.outputs.push_back(carries[carry]);
               for (ValueId residual : step_->residuals()) step.outputs.push_back(values[residual]);
               return step;
             },
             {.reverse = scan_.reverse, .length = scan_.length});
    WEFT_RETURN_IF_ERROR(builder_.status());
    auto next = again.outputs.begin() + scan_.num_outputs;
    for (int carry : step_->used_carries()) carry_stacks_[carry] = *next++;
    residual_stacks_.assign(next, again.outputs.end());
    return absl::OkStatus();
  }

  // ---- the loop backwards

  ScanResult RunBackward() {
    const Roles& roles = builder_.registry().roles();
    std::vector<Value> start;
    for (int carry : step_->float_carries()) {
      start.push_back(args_.dy(carry).absent() ? roles.full(builder_, init_[carry].type(), 0.0) : args_.dy(carry));
    }
    for (size_t i = 0; i < sums_.size(); ++i) {
      if (sums_[i].carry >= 0) start.push_back(roles.full(builder_, captured_[captures_[i]].type(), 0.0));
    }
    if (start.empty() && slices_.empty() && stacked_out_.empty()) return {};
    std::vector<Value> stacked;
    for (int slice : step_->used_slices()) stacked.push_back(xs_[slice]);
    for (int carry : step_->used_carries()) stacked.push_back(carry_stacks_[carry]);
    stacked.insert(stacked.end(), residual_stacks_.begin(), residual_stacks_.end());
    for (int output : arriving_) stacked.push_back(args_.dy(scan_.num_carries + output));

    return Scan(builder_, start, stacked,
                [&](GraphBuilder& body, absl::Span<const Value> carries, absl::Span<const Value> slices) {
                  const std::vector<Value> values = step_->Replay(body, Given(body, carries, slices));
                  ScanStep step;
                  // A gradient may be what the loop has anyway, a captured value too.
                  for (ValueId gradient : step_->carry_gradients())
                    step.carries.push_back(body.Resolve(values[gradient]));
                  for (size_t i = 0; i < sums_.size(); ++i) {
                    if (sums_[i].carry < 0) continue;
                    step.carries.push_back(roles.add(carries[sums_[i].carry], values[step_->capture_gradients()[i]]));
                  }
                  for (ValueId gradient : step_->slice_gradients())
                    step.outputs.push_back(body.Resolve(values[gradient]));
                  for (ValueId value : stacked_out_) step.outputs.push_back(body.Resolve(values[value]));
                  return step;
                },
                {.reverse = !scan_.reverse, .length = scan_.length});
  }

  // What stands in the loop backwards for the inputs and residuals of the step's graph.
  std::vector<Value> Given(GraphBuilder& body, absl::Span<const Value> carries, absl::Span<const Value> slices) const {
    const auto at = [](const std::vector<int>& list, int index) {
      return static_cast<size_t>(std::find(list.begin(), list.end(), index) - list.begin());
    };
    const std::vector<int>&used_slices = step_->used_slices(), &used_carries = step_->used_carries();
    const size_t first_residual = used_slices.size() + used_carries.size();
    const size_t first_dy = first_residual + step_->residuals().size();
    std::vector<Value> given(step_->graph().num_values());
    for (ValueId value = 0; value < step_->graph().num_values(); ++value) {
      const size_t index = static_cast<size_t>(step_->index(value));
      const int residual = step_->ResidualIndex(value);
      if (residual >= 0) given[value] = slices[first_residual + static_cast<size_t>(residual)];
      switch (step_->from(value)) {
        case From::kCarry:
          if (const size_t i = at(used_carries, step_->index(value)); i < used_carries.size()) {
            given[value] = slices[used_slices.size() + i];
          }
          break;
        case From::kSlice:
          if (const size_t i = at(used_slices, step_->index(value)); i < used_slices.size()) given[value] = slices[i];
          break;
        case From::kCaptured:
          if (step_->needed(value)) given[value] = body.Resolve(captured_[index]);
          break;
        case From::kCarryGradient:
          given[value] = carries[index];
          break;
        case From::kOutputGradient:
          given[value] = slices[first_dy + index];
          break;
        case From::kForward:
        case From::kBackward:
          break;
      }
    }
    return given;
  }

  // ---- the gradients

  // What one operand of an addend is outside of the loops: a stack, or the value that is the same at every step.
  Value Outside(ValueId value, const ScanResult& back) {
    const size_t index = static_cast<size_t>(step_->index(value));
    if (const int residual = step_->ResidualIndex(value); residual >= 0) {
      return residual_stacks_[static_cast<size_t>(residual)];
    }
    switch (step_->from(value)) {
      case From::kCarry:
        return carry_stacks_[index];
      case From::kSlice:
        return xs_[index];
      case From::kCaptured:
        return captured_[index];
      case From::kOutputGradient:
        return args_.dy(scan_.num_carries + arriving_[index]);
      default:
        break;
    }
    if (!step_->varies(value)) return Invariant(value);
    const absl::Span<const ValueId> slices = step_->slice_gradients();
    if (const auto slice = std::find(slices.begin(), slices.end(), value); slice != slices.end()) {
      return back.outputs[static_cast<size_t>(slice - slices.begin())];
    }
    const auto at = std::find(stacked_out_.begin(), stacked_out_.end(), value) - stacked_out_.begin();
    return back.outputs[slices_.size() + static_cast<size_t>(at)];
  }

  // A value of the step that is the same in each: recorded outside of the loops.
  Value Invariant(ValueId value) {
    auto [it, inserted] = invariant_.try_emplace(value, Value());
    if (!inserted) return it->second;
    const Node& node = step_->graph().producer(value);
    std::vector<Value> operands;
    for (ValueId input : node.inputs) {
      operands.push_back(step_->from(input) == From::kCaptured ? captured_[step_->index(input)] : Invariant(input));
    }
    return invariant_[value] = builder_.CopyNode(node, operands)[value - node.first_output];
  }

  std::vector<Value> Results(const ScanResult& back) {
    const Roles& roles = builder_.registry().roles();
    std::vector<Value> results(args_.num_inputs());
    for (size_t i = 0; i < step_->float_carries().size(); ++i) {
      const int carry = step_->float_carries()[i];
      if (args_.needs(carry)) results[carry] = back.carries[i];
    }
    for (size_t i = 0; i < slices_.size(); ++i) results[scan_.num_carries + slices_[i]] = back.outputs[i];
    for (size_t i = 0; i < sums_.size(); ++i) {
      Value& result = results[scan_.num_carries + scan_.num_stacked + captures_[i]];
      if (sums_[i].carry >= 0) {
        result = back.carries[sums_[i].carry];
        continue;
      }
      for (const CaptureSum::Term& term : sums_[i].terms) {
        std::vector<Value> operands;
        for (ValueId operand : term.node->inputs) operands.push_back(Outside(operand, back));
        const Value sum = Sum(builder_, *term.node, operands, StackedOperands(*term.node));
        result = result.absent() ? sum : roles.add(result, sum);
      }
      if (result.absent()) result = roles.full(builder_, captured_[captures_[i]].type(), 0.0);
    }
    return results;
  }

  const ScanView scan_;
  const GradientArgs& args_;
  GraphBuilder& builder_;
  std::vector<Value> init_, xs_, captured_;
  std::vector<int> slices_, captures_, arriving_;  // whose gradient is wanted; stacked results where one arrives
  std::unique_ptr<LoopStep> step_;
  std::vector<CaptureSum> sums_;      // per entry of captures_
  std::vector<ValueId> stacked_out_;  // values of the step that the loop backwards stacks for sums
  std::vector<Value> carry_stacks_, residual_stacks_;
  absl::flat_hash_map<ValueId, Value> invariant_;
};

}  // namespace

std::vector<Value> ScanGradient(const Node& node, const GradientArgs& args) {
  absl::StatusOr<std::vector<Value>> results = ScanDifferentiator(node, args).Run();
  if (results.ok()) return *std::move(results);
  args.builder().Error(results.status());
  return std::vector<Value>(args.num_inputs());
}

}  // namespace weft
