// Engine: a recorded module made ready to run: optimized, compiled, with the state of its variables.
#ifndef WEFT_MODELS_ENGINE_H_
#define WEFT_MODELS_ENGINE_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/container/btree_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "core/tensor.h"
#include "core/thread_pool.h"
#include "graph/exec/program.h"
#include "graph/exec/state.h"
#include "graph/exec/target.h"
#include "graph/ir/module.h"
#include "graph/passes/receipt.h"
#include "graph/proto/safetensors.h"

namespace weft {

class Engine {
 public:
  // The state's variables are zero. `pool` (may be null) outlives the engine.
  static absl::StatusOr<std::unique_ptr<Engine>> Create(std::shared_ptr<const Module> recorded, const Target& target,
                                                        ThreadPool* pool);

  // Runs the module's init.
  absl::Status Init(uint64_t seed);
  // The contents of variables that both have with the same type, those of `skip` kinds left out.
  absl::Status CopyFrom(const Engine& other, const absl::flat_hash_set<std::string>& skip_kinds);
  absl::Status Set(absl::Span<const NamedTensor> variables);
  // Of all variables, in the module's order.
  absl::StatusOr<std::vector<NamedTensor>> Variables() const;

  // Runs a function of the module.
  absl::Status Run(absl::string_view function, absl::Span<const TensorView> inputs,
                   absl::Span<const MutableTensorView> outputs);
  // Compiles a function for this batch size, so that its first run does not; the time counts to compile_ms().
  absl::Status Prepare(absl::string_view function, int64_t batch);
  // State and intermediate values of a function that was run or prepared, at this batch size; 0 after an error.
  int64_t PeakBytes(absl::string_view function, int64_t batch) const;

  const std::shared_ptr<const Module>& recorded() const { return recorded_; }
  State& state() { return *state_; }
  const State& state() const { return *state_; }
  const std::vector<Receipt>& receipts() const { return receipts_; }
  double compile_ms() const { return compile_ms_; }

 private:
  Engine() = default;
  absl::StatusOr<const Program*> Find(absl::string_view function) const;

  std::shared_ptr<const Module> recorded_;
  std::vector<Receipt> receipts_;
  std::unique_ptr<State> state_;
  absl::btree_map<std::string, std::shared_ptr<const Program>> programs_;
  ThreadPool* pool_ = nullptr;
  double compile_ms_ = 0;
};

}  // namespace weft

#endif  // WEFT_MODELS_ENGINE_H_
