// The family of random numbers: see random.h.
#ifndef WEFT_OPS_RANDOM_RANDOM_FAMILY_H_
#define WEFT_OPS_RANDOM_RANDOM_FAMILY_H_

#include "absl/status/status.h"
#include "graph/ir/registry.h"

namespace weft {

absl::Status AddRandomFamily(OpRegistry& registry);

}  // namespace weft

#endif  // WEFT_OPS_RANDOM_RANDOM_FAMILY_H_
