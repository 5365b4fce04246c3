// A buffer between two guard zones of NaNs with a known payload: whoever writes outside is noticed by Intact(), and
// what is read outside turns results into NaN. The first element lies at no special alignment unless it is asked for;
// the last is the last that the buffer holds.
#ifndef WEFT_OPS_DENSE_TESTING_GUARDED_H_
#define WEFT_OPS_DENSE_TESTING_GUARDED_H_

#include <cstdint>
#include <cstring>
#include <memory>
#include <vector>

namespace weft {

template <typename T>
class Guarded {
 public:
  // `bytes_past`: bytes behind the last element that may be read and written (the rounding up of StorageBytes).
  explicit Guarded(int64_t size, int64_t bytes_past = 0)
      : size_(size), bytes_(size * static_cast<int64_t>(sizeof(T)) + bytes_past) {
    block_.resize(bytes_ + 2 * kGuard + 64);
    const uintptr_t address = reinterpret_cast<uintptr_t>(block_.data()) + kGuard;
    first_ = static_cast<int64_t>((address + 63) / 64 * 64 - reinterpret_cast<uintptr_t>(block_.data()));
    const uint32_t nan = kCanary;
    for (size_t i = 0; i + 4 <= block_.size(); i += 4) std::memcpy(block_.data() + i, &nan, 4);
    // The canary's phase is that of the block, so that a misaligned size can be checked too.
  }
  explicit Guarded(const std::vector<T>& values, int64_t bytes_past = 0)
      : Guarded(static_cast<int64_t>(values.size()), bytes_past) {
    if (!values.empty()) std::memcpy(data(), values.data(), values.size() * sizeof(T));
  }
  Guarded(Guarded&&) = default;

  T* data() { return reinterpret_cast<T*>(block_.data() + first_); }
  const T* data() const { return reinterpret_cast<const T*>(block_.data() + first_); }
  int64_t size() const { return size_; }

  bool Intact() const {
    const uint32_t nan = kCanary;
    unsigned char canary[4];
    std::memcpy(canary, &nan, 4);
    for (int64_t i = 0; i < static_cast<int64_t>(block_.size()) / 4 * 4; ++i) {
      if (i >= first_ && i < first_ + bytes_) continue;
      if (block_[i] != canary[i % 4]) return false;
    }
    return true;
  }

 private:
  static constexpr int64_t kGuard = 4096;
  static constexpr uint32_t kCanary = 0x7fc0dead;
  int64_t size_, bytes_;
  int64_t first_ = 0;
  std::vector<unsigned char> block_;
};

}  // namespace weft

#endif  // WEFT_OPS_DENSE_TESTING_GUARDED_H_
