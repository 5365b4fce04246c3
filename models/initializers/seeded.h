// Where an initializer's random numbers come from. Private to models/initializers.
#ifndef WEFT_MODELS_INITIALIZERS_SEEDED_H_
#define WEFT_MODELS_INITIALIZERS_SEEDED_H_

#include <cstdint>
#include <optional>

#include "absl/status/status.h"
#include "graph/ir/builder.h"

namespace weft::initializers {

// The first two operands of random ops. Without a seed: the model's key and step, so that every weight of a model draws
// numbers of its own. With one: the seed is the key, and the values depend on it (and on how many random ops were
// recorded before) but not on the model's seed.
struct RandomSource {
  Value key, step;
};
RandomSource Seeded(GraphBuilder& builder, Value key, Value step, std::optional<int64_t> seed);

// InvalidArgument unless the type is one that weights have: floats, static dims.
absl::Status CheckWeightType(const TensorType& type);

}  // namespace weft::initializers

#endif  // WEFT_MODELS_INITIALIZERS_SEEDED_H_
