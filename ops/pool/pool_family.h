// The family of poolings: see pool.h.
#ifndef WEFT_OPS_POOL_POOL_FAMILY_H_
#define WEFT_OPS_POOL_POOL_FAMILY_H_

#include "absl/status/status.h"
#include "graph/ir/registry.h"

namespace weft {

absl::Status AddPoolFamily(OpRegistry& registry);

}  // namespace weft

#endif  // WEFT_OPS_POOL_POOL_FAMILY_H_
