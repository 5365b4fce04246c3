// Memory that lives long and is read again and again.
#ifndef WEFT_GRAPH_EXEC_MEMORY_BLOCK_H_
#define WEFT_GRAPH_EXEC_MEMORY_BLOCK_H_

#include <cstddef>
#include <cstdint>
#include <memory>

#include "absl/status/statusor.h"
#include "core/buffer.h"

namespace weft {

struct MemoryBlock {
  std::shared_ptr<Buffer> buffer;
  std::byte* data = nullptr;  // in `buffer`; 64-byte aligned
};

// From so many bytes on, a block lies in huge pages where the system has them: kernels stream through it, and hardware
// prefetch stops at the end of a page.
inline constexpr int64_t kHugeBlock = 1 << 20;

// Zero-filled. ResourceExhausted: no memory.
absl::StatusOr<MemoryBlock> AllocateBlock(int64_t bytes);

}  // namespace weft

#endif  // WEFT_GRAPH_EXEC_MEMORY_BLOCK_H_
