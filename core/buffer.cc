#include "core/buffer.h"

#include <cstdlib>
#include <limits>

#include "absl/strings/str_cat.h"
#include "core/status.h"

namespace weft {

absl::StatusOr<std::shared_ptr<Buffer>> Buffer::Allocate(int64_t bytes) {
  if (bytes < 0) return InvalidArgument("a buffer of ", bytes, " bytes");
  void* block = nullptr;
  constexpr int64_t kLargest = std::numeric_limits<int64_t>::max() - 2 * static_cast<int64_t>(kAlignment);
  // calloc rather than aligned_alloc and memset: it gets large blocks as fresh pages, which are zero already.
  if (bytes <= kLargest) block = std::calloc(1, RoundUp(bytes, kAlignment) + kAlignment);
  if (block == nullptr) return absl::ResourceExhaustedError(absl::StrCat("no memory for ", bytes, " bytes"));
  const uintptr_t aligned = (reinterpret_cast<uintptr_t>(block) + kAlignment - 1) / kAlignment * kAlignment;
  return std::shared_ptr<Buffer>(new Buffer(block, reinterpret_cast<std::byte*>(aligned), bytes));
}

Buffer::~Buffer() { std::free(block_); }

}  // namespace weft
