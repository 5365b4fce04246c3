#include "graph/exec/execute.h"

#include <time.h>

#include <algorithm>
#include <cstring>
#include <string>

#include "core/buffer.h"
#include "core/status.h"
#include "graph/exec/reference_kernel.h"

namespace weft {
namespace {

constexpr double kClockEveryNs = 20000;

int64_t UnixNanos() {
  timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  return int64_t{1000000000} * now.tv_sec + now.tv_nsec;
}

class Executor {
 public:
  Executor(const Code& code, Context& context, const ExecuteOptions& options)
      : code_(code), slots_(context.slots()), scratch_(context.scratch()), options_(options) {}

  // Instructions [begin, end). Returns false if the run is over; `status` says why.
  template <bool kInterruptible>
  bool Run(int begin, int end) {
    for (int pc = begin; pc < end; ++pc) {
      const Instruction& instruction = code_.instructions[pc];
      if (kInterruptible && Interrupted(instruction.estimated_ns)) return false;
      switch (instruction.kind) {
        case Instruction::Kind::kKernel:
          RunKernel(instruction);
          break;
        case Instruction::Kind::kLoop:
          if (!RunLoop<kInterruptible>(pc)) return false;
          pc = instruction.end - 1;
          break;
        case Instruction::Kind::kCopy:
          // The same where one of the two would lie in the caller's memory, but doesn't in this run.
          if (slots_[instruction.first_output] != slots_[instruction.first_input]) {
            std::memcpy(slots_[instruction.first_output], slots_[instruction.first_input], instruction.bytes);
          }
          break;
        default:
          if (!RunRare(pc)) return false;
      }
    }
    return true;
  }

  bool Interrupted(double estimated_ns) {
    if (options_.cancel != nullptr && options_.cancel->load(std::memory_order_relaxed)) {
      status = absl::CancelledError("the run was cancelled; no variable was changed");
      return true;
    }
    if (options_.deadline_unix_ns == 0) return false;
    until_clock_ns_ -= estimated_ns;
    if (until_clock_ns_ > 0) return false;
    until_clock_ns_ = kClockEveryNs;
    if (UnixNanos() < options_.deadline_unix_ns) return false;
    status = absl::DeadlineExceededError("the run's deadline has passed; no variable was changed");
    return true;
  }

  absl::Status status;

 private:
  void RunKernel(const Instruction& instruction) {
    if (code_.poison) std::memset(scratch_, 0xFF, code_.scratch_bytes);
    KernelArgs args{slots_ + instruction.first_input, slots_ + instruction.first_output, scratch_};
    if (instruction.shares == 1) {
      instruction.kernel->Run(args, 0);
      return;
    }
    auto run_share = [&](int share) {
      KernelArgs own = args;
      own.scratch += share * instruction.bytes;
      instruction.kernel->Run(own, share);
    };
    if (options_.pool != nullptr) {
      options_.pool->Run(instruction.shares, run_share);
    } else {
      for (int share = 0; share < instruction.shares; ++share) run_share(share);
    }
  }

  template <bool kInterruptible>
  bool RunLoop(int pc) {
    const Instruction& instruction = code_.instructions[pc];
    const Loop& loop = code_.loops[instruction.loop];
    bool go_on = true;
    int64_t moved = 0;  // how often
    for (int64_t step = 0; step < loop.count && go_on; ++step) {
      if (step > 0) {
        for (const Loop::Move& move : loop.strides) Move(move.slot, move.bytes);
        for (const Loop::Move& move : loop.alternates) Move(move.slot, step % 2 == 1 ? move.bytes : -move.bytes);
        ++moved;
      }
      go_on = Run<kInterruptible>(pc + 1, instruction.end);
    }
    // The slots go back to where the next entry expects them, whatever happened.
    for (const Loop::Move& move : loop.strides) Move(move.slot, -moved * move.bytes);
    for (const Loop::Move& move : loop.alternates) Move(move.slot, moved % 2 == 1 ? -move.bytes : 0);
    return go_on;
  }

  void Move(int slot, int64_t bytes) { slots_[slot] = static_cast<std::byte*>(slots_[slot]) + bytes; }

  bool RunRare(int pc) {
    const Instruction& instruction = code_.instructions[pc];
    if (instruction.kind == Instruction::Kind::kReference) {
      KernelArgs args{slots_ + instruction.first_input, slots_ + instruction.first_output, scratch_};
      status = static_cast<const ReferenceKernel*>(instruction.kernel)->RunOrFail(args);
      return status.ok();
    }
    auto* bytes = static_cast<unsigned char*>(slots_[instruction.first_output]);
    if (instruction.kind == Instruction::Kind::kPoison) {
      std::memset(bytes, 0xFF, instruction.bytes);
    } else if (!std::all_of(bytes, bytes + instruction.bytes, [](unsigned char b) { return b == 0xFF; })) {
      status =
          Internal("the kernel of ", code_.sources[pc].node->op->name, " wrote behind the last element of a result");
      return false;
    }
    return true;
  }

  const Code& code_;
  void** const slots_;
  std::byte* const scratch_;
  const ExecuteOptions& options_;
  double until_clock_ns_ = 0;  // so that a deadline which has passed already is noticed at once
};

// Memory of the caller, as numbers: which of two unrelated pointers is larger is not for C++ to say.
struct Extent {
  uintptr_t begin, end;
};

Extent ExtentOf(const void* data, const ConcreteType& type) {
  const auto begin = reinterpret_cast<uintptr_t>(data);
  return {begin, begin + static_cast<uintptr_t>(NumElements(type.dims) * SizeOf(type.dtype))};
}

// Points the slots of each input and output to the caller's memory where that is possible, else to the arena.
void PlaceCallerValues(const Code& code, Context& context, absl::Span<const TensorView> inputs,
                       absl::Span<const MutableTensorView> outputs) {
  constexpr size_t kMostPairs = 64;  // that are compared, so that a call's cost stays linear
  const bool few = outputs.size() * (inputs.size() + outputs.size()) <= kMostPairs;
  // Values are counted as in code.caller_values: inputs first.
  const auto extent_of = [&](size_t i) {
    return i < inputs.size() ? ExtentOf(inputs[i].data, code.inputs[i])
                             : ExtentOf(outputs[i - inputs.size()].data, code.outputs[i - inputs.size()]);
  };
  const auto overlaps_any = [&](const Extent& extent, size_t first, size_t end, size_t except) {
    for (size_t i = first; i < end; ++i) {
      const Extent other = extent_of(i);
      if (i != except && extent.begin < other.end && other.begin < extent.end) return true;
    }
    return false;
  };
  for (size_t i = 0; i < code.caller_values.size(); ++i) {
    const CallerValue& value = code.caller_values[i];
    if (value.slots.empty()) continue;
    const Extent extent = extent_of(i);
    // Two inputs may share memory, which nobody writes.
    const size_t first = i < inputs.size() ? inputs.size() : 0;
    const bool direct = few && extent.begin % kAlignment == 0 && extent.end % kAlignment == 0 &&
                        extent.begin < extent.end && !overlaps_any(extent, first, code.caller_values.size(), i);
    void* at = direct ? reinterpret_cast<void*>(extent.begin) : context.arena() + value.arena_offset;
    for (int slot : value.slots) context.slots()[slot] = at;
  }
}

}  // namespace

void Begin(const Code& code, Context& context, absl::Span<const TensorView> inputs,
           absl::Span<const MutableTensorView> outputs) {
  if (code.poison) std::memset(context.arena(), 0xFF, code.arena_bytes);
  PlaceCallerValues(code, context, inputs, outputs);
  for (size_t k = 0; k < inputs.size(); ++k) {
    const ConcreteType& type = code.inputs[k];
    const int64_t bytes = NumElements(type.dims) * SizeOf(type.dtype);
    if (code.input_slots[k] < 0 || bytes == 0) continue;
    void* to = context.slots()[code.input_slots[k]];
    if (to != inputs[k].data) std::memcpy(to, inputs[k].data, bytes);
  }
}

absl::Status Execute(const Code& code, Context& context, const ExecuteOptions& options) {
  Executor executor(code, context, options);
  int begin = 0;
  if (options.cancel != nullptr || options.deadline_unix_ns != 0) {
    // The last look is at the commit: behind it a run goes to its end, so that updates are made together or not at all.
    begin = std::min(code.commit, code.finish);
    if (!executor.Run<true>(0, begin) || executor.Interrupted(kClockEveryNs)) return executor.status;
  }
  executor.Run<false>(begin, code.finish);
  return executor.status;
}

void Finish(const Code& code, Context& context, absl::Span<const MutableTensorView> outputs) {
  for (size_t k = 0; k < outputs.size(); ++k) {
    const ConcreteType& type = code.outputs[k];
    const void* from = context.slots()[code.output_slots[k]];
    if (NumElements(type.dims) == 0 || from == outputs[k].data) continue;
    UnpackLayout(type.dtype, type.dims, type.layout, from, outputs[k].data);
  }
  const ExecuteOptions options;
  Executor(code, context, options).Run<false>(code.finish, static_cast<int>(code.instructions.size()));
}

}  // namespace weft
