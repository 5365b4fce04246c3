#include "graph/exec/variable_storage.h"

#include <limits>

#include "core/status.h"
#include "graph/exec/memory_block.h"

namespace weft {
namespace {

constexpr int64_t kPage = 4096;  // large variables begin at a page's start

int64_t AlignmentOf(int64_t bytes) { return bytes < kPage ? static_cast<int64_t>(kAlignment) : kPage; }

// Offsets of the variables in one block, and its size last. ResourceExhausted where the sum is no size of memory.
absl::StatusOr<std::vector<int64_t>> Offsets(absl::Span<const int64_t> bytes) {
  std::vector<int64_t> offsets;
  int64_t at = 0;
  for (int64_t size : bytes) {
    at = RoundUp(at, AlignmentOf(size));
    offsets.push_back(at);
    if (size < 0) continue;
    if (size > std::numeric_limits<int64_t>::max() / 4 - at) {
      return absl::ResourceExhaustedError("the variables together are larger than any memory");
    }
    at += size + static_cast<int64_t>(kAlignment);
  }
  offsets.push_back(at);
  return offsets;
}

}  // namespace

absl::StatusOr<VariableStorage> VariableStorage::Create(absl::Span<const int64_t> bytes) {
  VariableStorage storage;
  WEFT_ASSIGN_OR_RETURN(const std::vector<int64_t> offsets, Offsets(bytes));
  if (offsets.back() < kHugeBlock) {
    for (int64_t size : bytes) {
      if (size < 0) {
        storage.pointers_.push_back(nullptr);
        continue;
      }
      WEFT_ASSIGN_OR_RETURN(std::shared_ptr<Buffer> buffer, Buffer::Allocate(size + static_cast<int64_t>(kAlignment)));
      storage.pointers_.push_back(buffer->data());
      storage.buffers_.push_back(std::move(buffer));
    }
    return storage;
  }
  WEFT_ASSIGN_OR_RETURN(MemoryBlock block, AllocateBlock(offsets.back()));
  for (size_t i = 0; i < bytes.size(); ++i) {
    storage.pointers_.push_back(bytes[i] < 0 ? nullptr : block.data + offsets[i]);
  }
  storage.buffers_.push_back(std::move(block.buffer));
  return storage;
}

}  // namespace weft
