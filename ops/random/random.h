// Random numbers as pure functions: the same key, step and stream always give the same tensor.
//
// A model keeps `key` (the seed) and `step` (a counter that each training step raises) as i64 scalar variables; every
// recorded op has a `stream` of its own, numbered in the order of recording. Element i, the logical row-major position,
// comes from word i mod 4 of the Philox 4x32-10 block with
//     key     (key low, key high)
//     counter (b low, b high + 256 * stream, step low, step high),   b = i / 4
// so no two elements, streams, steps or seeds share a block, and a tensor's values depend on neither threads nor
// instruction set, nor on how many elements follow: [6] is the beginning of [10].
//
// Nothing folds these ops, and no gradient flows through them.
#ifndef WEFT_OPS_RANDOM_RANDOM_H_
#define WEFT_OPS_RANDOM_RANDOM_H_

#include <cstdint>

#include "graph/ir/builder.h"

namespace weft {

// Streams are in [0, kMaxRandomStream].
inline constexpr int64_t kMaxRandomStream = (int64_t{1} << 24) - 1;
// As an option: the next number of the builder.
inline constexpr int64_t kNextStream = -1;

struct RandomUniformOptions {
  double low = 0, high = 1;
  int64_t stream = kNextStream;
  SourceLocation where = SourceLocation::current();
};
// Uniform in [low, high): u * (high - low) + low with u = (24 bits) / 2^24, the product and the sum rounded (so `high`
// itself can occur where they round up). `type`: f32 or f64 (which has 24 random bits, too).
Value RandomUniform(Value key, Value step, const TensorType& type, RandomUniformOptions options = {});

struct RandomNormalOptions {
  double mean = 0, stddev = 1;
  int64_t stream = kNextStream;
  SourceLocation where = SourceLocation::current();
};
// sqrt(2) * erfinv(v) * stddev + mean, v uniform on the 2^24 odd multiples of 2^-24 in (-1, 1): symmetric about the
// mean, within 5.42 standard deviations of it.
Value RandomNormal(Value key, Value step, const TensorType& type, RandomNormalOptions options = {});

// The same, cut off at two standard deviations from the mean: sqrt(2) * erfinv(v * erf(sqrt(2))) * stddev + mean. The
// standard deviation of the result is 0.87962566103423978 * stddev.
Value TruncatedNormal(Value key, Value step, const TensorType& type, RandomNormalOptions options = {});

struct RandomBernoulliOptions {
  double probability = 0.5;  // of true, rounded to a multiple of 2^-24 (up)
  int64_t stream = kNextStream;
  SourceLocation where = SourceLocation::current();
};
// u < probability, as bool, or cast to type.dtype: 1 and 0.
Value RandomBernoulli(Value key, Value step, const TensorType& type, RandomBernoulliOptions options = {});

}  // namespace weft

#endif  // WEFT_OPS_RANDOM_RANDOM_H_
