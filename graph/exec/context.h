// What one run needs for itself: an arena, scratch, and the resolved slots. Contexts are used again, so that a warm run
// allocates nothing.
#ifndef WEFT_GRAPH_EXEC_CONTEXT_H_
#define WEFT_GRAPH_EXEC_CONTEXT_H_

#include <memory>
#include <mutex>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "graph/exec/code.h"
#include "graph/exec/memory_block.h"

namespace weft {

class Context {
 public:
  static absl::StatusOr<std::unique_ptr<Context>> Create(const Code& code);

  // The storage of each variable of the module, by index; slots are resolved anew where it is not that of the last run.
  void BindVariables(const Code& code, absl::Span<void* const> variables);

  void** slots() { return slots_.data(); }
  std::byte* scratch() { return scratch_; }
  std::byte* arena() { return arena_; }

 private:
  friend class ContextPool;
  MemoryBlock block_;
  std::byte* arena_ = nullptr;
  std::byte* scratch_ = nullptr;
  std::vector<void*> slots_;
  std::vector<void*> variables_;  // of the last run
  Context* next_ = nullptr;       // in the pool
};

// Contexts for one Code, which outlives the pool. Thread-safe. There are as many as runs were ever under way at once.
class ContextPool {
 public:
  explicit ContextPool(const Code& code) : code_(code) {}
  ~ContextPool();
  ContextPool(const ContextPool&) = delete;
  ContextPool& operator=(const ContextPool&) = delete;

  absl::StatusOr<Context*> Take();
  void Give(Context* context);

 private:
  const Code& code_;
  // std::mutex here and elsewhere in exec: the thread sanitizer knows it, but not that of a prebuilt Abseil.
  std::mutex mutex_;
  Context* free_ = nullptr;  // guarded by mutex_
};

}  // namespace weft

#endif  // WEFT_GRAPH_EXEC_CONTEXT_H_
