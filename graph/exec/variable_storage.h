// Memory for the variables of a module: of a State, or of a Snapshot.
#ifndef WEFT_GRAPH_EXEC_VARIABLE_STORAGE_H_
#define WEFT_GRAPH_EXEC_VARIABLE_STORAGE_H_

#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "core/buffer.h"

namespace weft {

// Zero-filled, each 64-byte aligned and with room behind for whole vectors that are read past the end. Small sets have
// a buffer for each variable, so that sanitizers see where one ends; from kHugeBlock bytes on all lie together in one
// block.
class VariableStorage {
 public:
  // bytes: of each variable; negative for one that has no storage. ResourceExhausted: no memory.
  static absl::StatusOr<VariableStorage> Create(absl::Span<const int64_t> bytes);

  // Of each variable; null for one without storage. Valid as long as this lives (moving keeps them).
  absl::Span<void* const> pointers() const { return pointers_; }

 private:
  std::vector<std::shared_ptr<Buffer>> buffers_;
  std::vector<void*> pointers_;
};

}  // namespace weft

#endif  // WEFT_GRAPH_EXEC_VARIABLE_STORAGE_H_
