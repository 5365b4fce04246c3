// A block of memory, 64-byte aligned, its size a multiple of 64 so that a whole vector at the end stays inside.
#ifndef WEFT_CORE_BUFFER_H_
#define WEFT_CORE_BUFFER_H_

#include <cstddef>
#include <cstdint>
#include <memory>

#include "absl/status/statusor.h"

namespace weft {

inline constexpr size_t kAlignment = 64;

// n rounded up to a multiple. REQUIRES: n >= 0, multiple > 0, no overflow.
inline constexpr int64_t RoundUp(int64_t n, int64_t multiple) { return (n + multiple - 1) / multiple * multiple; }

class Buffer {
 public:
  // Zero-filled; a large one costs nothing until its pages are touched. InvalidArgument for a negative size,
  // ResourceExhausted if the memory is not to be had. Size 0 is allowed.
  static absl::StatusOr<std::shared_ptr<Buffer>> Allocate(int64_t bytes);
  // The same without the zeros, but for the bytes behind `bytes`: for what is written in full before it is read.
  static absl::StatusOr<std::shared_ptr<Buffer>> AllocateUninitialized(int64_t bytes);
  ~Buffer();
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;

  std::byte* data() { return data_; }
  const std::byte* data() const { return data_; }
  int64_t size() const { return size_; }  // as asked for; the capacity is rounded up to kAlignment

 private:
  static absl::StatusOr<std::shared_ptr<Buffer>> Make(int64_t bytes, bool zeros);
  Buffer(void* block, std::byte* data, int64_t size) : block_(block), data_(data), size_(size) {}
  void* block_;  // what the allocator returned; data_ is the first aligned byte in it
  std::byte* data_;
  int64_t size_;
};

}  // namespace weft

#endif  // WEFT_CORE_BUFFER_H_
