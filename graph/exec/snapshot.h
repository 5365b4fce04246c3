// Snapshots of a state's variables, and the pool that lets them be used again.
#ifndef WEFT_GRAPH_EXEC_SNAPSHOT_H_
#define WEFT_GRAPH_EXEC_SNAPSHOT_H_

#include <cstddef>
#include <memory>
#include <mutex>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "graph/exec/state.h"
#include "graph/ir/module.h"

namespace weft {

class Snapshot {
 public:
  const Module& module() const { return *module_; }
  // Storage of each variable of the module, by index; null where no function without updates reads it.
  absl::Span<void* const> storage() const { return storage_.pointers(); }

 private:
  friend class SnapshotPool;
  std::shared_ptr<const Module> module_;
  VariableStorage storage_;
  Snapshot* next_ = nullptr;  // in the pool
  // The control block of the shared pointers that hold the snapshot lies here, so that to publish allocates nothing.
  alignas(std::max_align_t) std::byte control_block_[128];
  template <typename T>
  friend class SnapshotAllocator;
};

// Thread-safe. Lives as long as the state, or the last snapshot that somebody holds.
class SnapshotPool : public std::enable_shared_from_this<SnapshotPool> {
 public:
  explicit SnapshotPool(std::shared_ptr<const Module> module);
  ~SnapshotPool();
  SnapshotPool(const SnapshotPool&) = delete;
  SnapshotPool& operator=(const SnapshotPool&) = delete;

  // A copy of the variables with these storages; it comes back to the pool when the last pointer is gone.
  absl::StatusOr<SnapshotPtr> Copy(absl::Span<void* const> storage);

 private:
  template <typename T>
  friend class SnapshotAllocator;
  absl::StatusOr<Snapshot*> Take();
  void Give(Snapshot* snapshot);

  const std::shared_ptr<const Module> module_;
  std::vector<int64_t> bytes_;  // per variable; -1: not part of snapshots
  std::mutex mutex_;
  Snapshot* free_ = nullptr;  // guarded by mutex_
};

}  // namespace weft

#endif  // WEFT_GRAPH_EXEC_SNAPSHOT_H_
