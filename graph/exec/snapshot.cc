#include "graph/exec/snapshot.h"

#include <cstring>
#include <utility>

#include "core/status.h"

namespace weft {

// Places a shared pointer's control block inside the snapshot, and gives the snapshot back to the pool when the block
// is destroyed: only then are all pointers gone, and nothing touches the block any more. (Looking at use_count() would
// not do: it does not order the last reader's loads before the next writer's stores.)
template <typename T>
class SnapshotAllocator {
 public:
  using value_type = T;
  SnapshotAllocator(std::shared_ptr<SnapshotPool> pool, Snapshot* snapshot)
      : pool_(std::move(pool)), snapshot_(snapshot) {}
  template <typename U>
  SnapshotAllocator(const SnapshotAllocator<U>& other)  // NOLINT: allocators convert
      : pool_(other.pool_), snapshot_(other.snapshot_) {}

  T* allocate(size_t) {
    static_assert(sizeof(T) <= sizeof(Snapshot::control_block_) && alignof(T) <= alignof(std::max_align_t));
    return reinterpret_cast<T*>(snapshot_->control_block_);
  }
  void deallocate(T*, size_t) {
    std::shared_ptr<SnapshotPool> pool = std::move(pool_);
    pool->Give(snapshot_);
  }
  template <typename U>
  bool operator==(const SnapshotAllocator<U>& other) const {
    return snapshot_ == other.snapshot_;
  }

 private:
  template <typename U>
  friend class SnapshotAllocator;
  std::shared_ptr<SnapshotPool> pool_;
  Snapshot* snapshot_;
};

SnapshotPool::SnapshotPool(std::shared_ptr<const Module> module) : module_(std::move(module)) {
  absl::flat_hash_map<std::string, size_t> index;
  for (const VariableDecl& variable : module_->variables()) index.emplace(variable.name, index.size());
  bytes_.assign(index.size(), -1);
  for (const auto& [name, graph] : module_->functions()) {
    if (!graph->updates().empty()) continue;
    for (const Node& node : graph->nodes()) {
      if (!IsVariable(node)) continue;
      auto it = index.find(node.attrs->String("name"));
      if (it == index.end()) continue;
      const TensorType& type = module_->variables()[it->second].type;
      absl::StatusOr<ConcreteType> concrete = Bind(type, {});
      absl::StatusOr<int64_t> bytes = 0;
      if (concrete.ok()) bytes = StorageBytes(concrete->dtype, concrete->dims, concrete->layout);
      if (concrete.ok() && bytes.ok()) bytes_[it->second] = *bytes;
    }
  }
}

SnapshotPool::~SnapshotPool() {
  std::lock_guard<std::mutex> lock(mutex_);
  while (free_ != nullptr) {
    Snapshot* next = free_->next_;
    delete free_;
    free_ = next;
  }
}

absl::StatusOr<Snapshot*> SnapshotPool::Take() {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    if (free_ != nullptr) {
      Snapshot* snapshot = free_;
      free_ = snapshot->next_;
      return snapshot;
    }
  }
  auto snapshot = std::make_unique<Snapshot>();
  snapshot->module_ = module_;
  WEFT_ASSIGN_OR_RETURN(snapshot->storage_, VariableStorage::Create(bytes_));
  return snapshot.release();
}

void SnapshotPool::Give(Snapshot* snapshot) {
  std::lock_guard<std::mutex> lock(mutex_);
  snapshot->next_ = free_;
  free_ = snapshot;
}

absl::StatusOr<SnapshotPtr> SnapshotPool::Copy(absl::Span<void* const> storage) {
  WEFT_ASSIGN_OR_RETURN(Snapshot * snapshot, Take());
  for (size_t i = 0; i < bytes_.size(); ++i) {
    if (bytes_[i] > 0) std::memcpy(snapshot->storage()[i], storage[i], bytes_[i]);
  }
  auto keep = [](const Snapshot*) {};  // the allocator gives it back
  return SnapshotPtr(snapshot, keep, SnapshotAllocator<Snapshot>(shared_from_this(), snapshot));
}

}  // namespace weft
