#include "models/data/shuffle.h"

#include <numeric>
#include <utility>

#include "core/philox.h"

namespace weft {

std::vector<int64_t> ShuffledOrder(int64_t n, uint64_t seed, int64_t epoch) {
  std::vector<int64_t> order(n);
  std::iota(order.begin(), order.end(), 0);
  // A stream of its own, apart from those of weights and dropout ("shuf").
  PhiloxStream random(seed, (uint64_t{0x73687566} << 32) ^ static_cast<uint64_t>(epoch));
  for (int64_t i = n - 1; i > 0; --i) std::swap(order[i], order[random.Below(static_cast<uint64_t>(i) + 1)]);
  return order;
}

}  // namespace weft
