#include "ops/random/random_family.h"

#include "ops/random/random_uniform.h"

namespace weft {

absl::Status AddRandomFamily(OpRegistry& registry) { return registry.Add(RandomUniformOp()); }

}  // namespace weft
