// State: the contents of a module's variables, in the layouts that the optimized module chose. One writer; any number
// of readers through published snapshots.
#ifndef WEFT_GRAPH_EXEC_STATE_H_
#define WEFT_GRAPH_EXEC_STATE_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "core/tensor.h"
#include "graph/exec/variable_storage.h"
#include "graph/ir/module.h"

namespace weft {

// A consistent, immutable copy of all variables that functions without updates read. Shared; safe from any thread.
class Snapshot;
using SnapshotPtr = std::shared_ptr<const Snapshot>;

class State {
 public:
  // Zero-filled variables as the (optimized) module declares them. The module outlives the state.
  static absl::StatusOr<std::unique_ptr<State>> Create(std::shared_ptr<const Module> module);
  ~State();

  const Module& module() const { return *module_; }

  // Logical contents, row-major. NotFound for a name the module does not have; InvalidArgument for another dtype or
  // shape. Not while a run that updates the variable is under way.
  absl::StatusOr<Tensor> Get(absl::string_view name) const;
  absl::Status Set(absl::string_view name, const TensorView& value);

  // Makes the present contents visible to readers: Program::Run on the published snapshot. Writer's thread only. Cost:
  // one copy of what readers need; snapshots that nobody holds any more are used again, so that publishing does not
  // allocate once there are as many as are held at one time, and one.
  absl::Status Publish();
  // The last published snapshot; null before the first Publish. Any thread.
  SnapshotPtr published() const;

  // Bytes of all variables as stored (published copies not counted).
  int64_t bytes() const;
  // SHA-256 over (name, shape, little-endian row-major bytes) of all variables sorted by name; lower-case hex. A
  // variable enters as its name, "\n", its type ("f32[784,512]"), "\n", and its bytes.
  std::string WeightsHash() const;

  // Storage of variable i (index into module().variables()), for the executor.
  void* data(int i) { return storage_.pointers()[i]; }
  const void* data(int i) const { return storage_.pointers()[i]; }
  // All of them.
  absl::Span<void* const> storage() const { return storage_.pointers(); }

 private:
  State() = default;
  std::shared_ptr<const Module> module_;
  VariableStorage storage_;
  int64_t bytes_ = 0;
  struct Published;
  std::unique_ptr<Published> published_;
};

}  // namespace weft

#endif  // WEFT_GRAPH_EXEC_STATE_H_
