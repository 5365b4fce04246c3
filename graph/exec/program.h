// Program: one function of an optimized module, compiled. Immutable and thread-safe: any number of threads may run one
// Program at the same time, each run on a context of its own.
//
//   WEFT_ASSIGN_OR_RETURN(auto optimized, Optimize(module, target));           // graph/passes/pipeline.h
//   WEFT_ASSIGN_OR_RETURN(auto program, Program::Compile(optimized.module, "predict", {.target = target}));
//   WEFT_RETURN_IF_ERROR(program->Run(*state, {x}, {y}, {.pool = &pool}));
//
// Symbolic dims are bound by the inputs of a run. A binding that was not seen before is compiled once (other callers
// with the same binding wait), the least recently used beyond `max_specializations` are dropped. Once as many runs as
// will ever be under way at a time have been, a run allocates nothing.
#ifndef WEFT_GRAPH_EXEC_PROGRAM_H_
#define WEFT_GRAPH_EXEC_PROGRAM_H_

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "core/tensor.h"
#include "core/thread_pool.h"
#include "graph/exec/state.h"
#include "graph/exec/target.h"
#include "graph/ir/module.h"

namespace weft {

struct CompileOptions {
  Target target = {};
  // Compiled at once, before the first run.
  std::vector<SymbolBindings> bindings = {};
  // False: a run with dims that are not in `bindings` is FailedPrecondition.
  bool allow_specialize = true;
  int max_specializations = 16;
  // For tests. Off: every value has memory of its own. Poison: freed memory is filled with NaN as soon as it is dead.
  bool reuse_memory = true;
  bool poison_dead_memory = false;
};

// A run that is Cancelled or DeadlineExceeded has changed nothing: no variable, no output. Updates are made together or
// not at all: large ones are computed right over the variable, as soon as nobody needs its old value any more, and from
// the first of these on a run goes to its end, and is OK, whatever the flag and the clock say. (Small updates are kept
// to the end of the run, so that a step counter does not rule out cancellation.) Any other error that a run returns was
// found before it began, but one: the reference of an op without a kernel failed (Internal); then each variable is as
// before or as after its update.
struct RunOptions {
  ThreadPool* pool = nullptr;                 // null: the caller runs everything
  const std::atomic<bool>* cancel = nullptr;  // looked at before each kernel
  int64_t deadline_unix_ns = 0;               // 0: none. The clock is read once per 20 us of estimated work
};

// What a compiled binding consists of, for tools and tests.
struct ProgramStats {
  int64_t arena_bytes = 0;        // planned peak of intermediate values
  int64_t lower_bound_bytes = 0;  // the largest sum of simultaneously live values
  int64_t scratch_bytes = 0;
  int64_t weight_bytes = 0;
  int num_kernels = 0;
  int num_copies = 0;  // updates that had to be copied
  double compile_ms = 0;
  std::vector<std::string> kernels;  // one line each: op, types, shares, origin; in the order they run
};

class Program {
 public:
  // InvalidArgument: no such function.
  static absl::StatusOr<std::shared_ptr<const Program>> Compile(std::shared_ptr<const Module> module,
                                                                absl::string_view function, CompileOptions options);
  ~Program();

  // Inputs and outputs are the function's, in order. An input or output that is 64-byte aligned, a multiple of 64 bytes
  // long and overlaps no other is used where it lies (a Tensor's memory is aligned); others are copied in and out. So
  // inputs may be the outputs' memory, and nobody may write to an input while the run lasts. After a run that failed or
  // was cancelled the outputs' contents are unspecified. Updates go to `state`, whose module is this program's, or has
  // the same variables. Runs of functions without updates may share a state; a run with updates has it to itself.
  // InvalidArgument names the input or output whose dtype or dims are wrong, expected and received.
  absl::Status Run(State& state, absl::Span<const TensorView> inputs, absl::Span<const MutableTensorView> outputs,
                   const RunOptions& options = {}) const;
  // For functions without updates, on a published snapshot (never null here).
  absl::Status Run(const Snapshot& snapshot, absl::Span<const TensorView> inputs,
                   absl::Span<const MutableTensorView> outputs, const RunOptions& options = {}) const;
  // Allocates the outputs.
  absl::StatusOr<std::vector<Tensor>> Run(State& state, absl::Span<const TensorView> inputs,
                                          const RunOptions& options = {}) const;

  const Module& module() const;
  const Graph& graph() const;
  const std::string& function() const;
  // Dims of the outputs for these input dims.
  absl::StatusOr<std::vector<ConcreteType>> OutputTypes(const SymbolBindings& bindings) const;
  // Of intermediate values, inputs included: known before the first run. (These three compile for the bindings, unless
  // that has happened.)
  absl::StatusOr<int64_t> PeakBytes(const SymbolBindings& bindings) const;
  // The largest sum of what is live at one time: no plan of this order of nodes needs less.
  absl::StatusOr<int64_t> SmallestPeak(const SymbolBindings& bindings) const;
  absl::StatusOr<ProgramStats> Stats(const SymbolBindings& bindings) const;

 private:
  struct Impl;
  explicit Program(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace weft

#endif  // WEFT_GRAPH_EXEC_PROGRAM_H_
