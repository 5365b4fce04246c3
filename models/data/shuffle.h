// The order of samples in an epoch: a function of (seed, epoch) alone, so that a run that was interrupted goes on as if
// it had not been.
#ifndef WEFT_MODELS_DATA_SHUFFLE_H_
#define WEFT_MODELS_DATA_SHUFFLE_H_

#include <cstdint>
#include <vector>

namespace weft {

// A permutation of 0 ... n - 1 (Fisher-Yates over Philox). REQUIRES: n >= 0.
std::vector<int64_t> ShuffledOrder(int64_t n, uint64_t seed, int64_t epoch);

}  // namespace weft

#endif  // WEFT_MODELS_DATA_SHUFFLE_H_
