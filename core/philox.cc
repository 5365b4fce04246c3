#include "core/philox.h"

#include <cmath>

namespace weft {
namespace {

// Constants of the paper: multipliers, and the Weyl sequence of the key.
constexpr uint32_t kMultiply0 = 0xD2511F53, kMultiply1 = 0xCD9E8D57;
constexpr uint32_t kWeyl0 = 0x9E3779B9, kWeyl1 = 0xBB67AE85;

uint32_t Low(uint64_t x) { return static_cast<uint32_t>(x); }
uint32_t High(uint64_t x) { return static_cast<uint32_t>(x >> 32); }

}  // namespace

PhiloxBlock Philox4x32(std::array<uint32_t, 2> key, PhiloxBlock counter) {
  for (int round = 0; round < 10; ++round) {
    const uint64_t p0 = uint64_t{kMultiply0} * counter[0], p1 = uint64_t{kMultiply1} * counter[2];
    counter = {High(p1) ^ counter[1] ^ key[0], Low(p1), High(p0) ^ counter[3] ^ key[1], Low(p0)};
    key = {key[0] + kWeyl0, key[1] + kWeyl1};
  }
  return counter;
}

uint32_t PhiloxStream::Next32() {
  if (used_ == 4) {
    block_ = Philox4x32({Low(seed_), High(seed_)}, {Low(counter_), High(counter_), Low(stream_), High(stream_)});
    ++counter_;
    used_ = 0;
  }
  return block_[used_++];
}

// Lemire, "Fast random integer generation in an interval" (2019): the high half of a product, the few low halves that
// would favour some results rejected.
uint64_t PhiloxStream::Below(uint64_t n) {
  unsigned __int128 product = static_cast<unsigned __int128>(Next64()) * n;
  if (static_cast<uint64_t>(product) < n) {
    const uint64_t threshold = -n % n;
    while (static_cast<uint64_t>(product) < threshold) product = static_cast<unsigned __int128>(Next64()) * n;
  }
  return static_cast<uint64_t>(product >> 64);
}

double PhiloxStream::Normal() {
  const double radius = std::sqrt(-2.0 * std::log(1.0 - Uniform()));  // 1 - u is in (0, 1]
  return radius * std::cos(6.283185307179586 * Uniform());
}

}  // namespace weft
