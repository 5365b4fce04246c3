#include "graph/exec/memory_block.h"

#include <sys/mman.h>

#include <limits>

#include "core/status.h"

namespace weft {

absl::StatusOr<MemoryBlock> AllocateBlock(int64_t bytes) {
  constexpr int64_t kHugePage = 2 << 20;
  MemoryBlock block;
  const bool huge = bytes >= kHugeBlock && bytes <= std::numeric_limits<int64_t>::max() / 2;
  // Huge pages are aligned to their size. What lies before and behind them in the buffer is never touched.
  const int64_t size = huge ? RoundUp(bytes, kHugePage) : bytes;
  WEFT_ASSIGN_OR_RETURN(block.buffer, Buffer::Allocate(huge ? size + kHugePage : size));
  block.data = block.buffer->data();
  if (huge) {
    const auto begin = static_cast<int64_t>(reinterpret_cast<uintptr_t>(block.data));
    block.data += RoundUp(begin, kHugePage) - begin;
    (void)madvise(block.data, static_cast<size_t>(size), MADV_HUGEPAGE);  // a wish: failure is no harm
  }
  return block;
}

}  // namespace weft
