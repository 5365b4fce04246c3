#include "core/buffer.h"

#include <cstdlib>
#include <cstring>
#include <limits>

#include "absl/strings/str_cat.h"
#include "core/status.h"

namespace weft {

absl::StatusOr<std::shared_ptr<Buffer>> Buffer::Allocate(int64_t bytes) { return Make(bytes, true); }

absl::StatusOr<std::shared_ptr<Buffer>> Buffer::AllocateUninitialized(int64_t bytes) { return Make(bytes, false); }

absl::StatusOr<std::shared_ptr<Buffer>> Buffer::Make(int64_t bytes, bool zeros) {
  if (bytes < 0) return InvalidArgument("a buffer of ", bytes, " bytes");
  void* block = nullptr;
  constexpr int64_t kLargest = std::numeric_limits<int64_t>::max() - 2 * static_cast<int64_t>(kAlignment);
  // calloc rather than aligned_alloc and memset: it gets large blocks as fresh pages, which are zero already.
  if (bytes <= kLargest) {
    const size_t size = static_cast<size_t>(RoundUp(bytes, kAlignment)) + kAlignment;
    block = zeros ? std::calloc(1, size) : std::malloc(size);
  }
  if (block == nullptr) return absl::ResourceExhaustedError(absl::StrCat("no memory for ", bytes, " bytes"));
  const uintptr_t aligned = (reinterpret_cast<uintptr_t>(block) + kAlignment - 1) / kAlignment * kAlignment;
  std::byte* const data = reinterpret_cast<std::byte*>(aligned);
  if (!zeros) std::memset(data + bytes, 0, static_cast<size_t>(RoundUp(bytes, kAlignment) - bytes));
  return std::shared_ptr<Buffer>(new Buffer(block, data, bytes));
}

Buffer::~Buffer() { std::free(block_); }

}  // namespace weft
