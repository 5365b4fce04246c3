// Philox 4x32-10, the counter-based generator of Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as 1,
// 2, 3" (SC 2011). Pure: the same (key, counter) always gives the same four words, so element i of a random tensor
// depends on its logical position alone, never on threads, SIMD width or order.
#ifndef WEFT_CORE_PHILOX_H_
#define WEFT_CORE_PHILOX_H_

#include <array>
#include <cstdint>

namespace weft {

using PhiloxBlock = std::array<uint32_t, 4>;

PhiloxBlock Philox4x32(std::array<uint32_t, 2> key, PhiloxBlock counter);

// A small generator over it for code outside graphs (shuffling, tests): a stream of words for (seed, stream). Block i
// is Philox4x32(seed, (i, stream)), least significant words first. Not thread-safe.
class PhiloxStream {
 public:
  explicit PhiloxStream(uint64_t seed, uint64_t stream = 0) : seed_(seed), stream_(stream) {}
  uint32_t Next32();
  uint64_t Next64() {
    uint64_t high = Next32();
    return high << 32 | Next32();
  }
  // Uniform in [0, n), without bias. REQUIRES: n > 0.
  uint64_t Below(uint64_t n);
  // Uniform in [0, 1) with 53 bits.
  double Uniform() { return static_cast<double>(Next64() >> 11) * 0x1p-53; }
  // Standard normal (Box-Muller, in double; through the C library's log and cos, so not for values that must have the
  // same bits everywhere).
  double Normal();

 private:
  uint64_t seed_, stream_, counter_ = 0;
  PhiloxBlock block_{};
  int used_ = 4;
};

}  // namespace weft

#endif  // WEFT_CORE_PHILOX_H_
