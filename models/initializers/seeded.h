// Where an initializer's random numbers come from. Private to models/initializers.
#ifndef WEFT_MODELS_INITIALIZERS_SEEDED_H_
#define WEFT_MODELS_INITIALIZERS_SEEDED_H_

#include <cstdint>
#include <optional>

#include "absl/status/status.h"
#include "graph/ir/builder.h"
#include "ops/random/random.h"

namespace weft::initializers {

// What random ops are recorded with. Without a seed: the model's key and step, and a stream of its own for every op, so
// that each weight of a model gets other numbers. With one the values depend on it alone: as in Keras, two weights of
// one shape that are given the same seed begin alike.
struct RandomSource {
  Value key, step;
  int64_t stream = kNextStream;
};
RandomSource Seeded(GraphBuilder& builder, Value key, Value step, std::optional<int64_t> seed);

// InvalidArgument unless the type is one that weights have: floats, static dims.
absl::Status CheckWeightType(const TensorType& type);

}  // namespace weft::initializers

#endif  // WEFT_MODELS_INITIALIZERS_SEEDED_H_
