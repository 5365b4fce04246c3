// The family of reductions: see reduce.h.
#ifndef WEFT_OPS_REDUCE_REDUCE_FAMILY_H_
#define WEFT_OPS_REDUCE_REDUCE_FAMILY_H_

#include "absl/status/status.h"
#include "graph/ir/registry.h"

namespace weft {

// Adds the family's ops, and fills the role sum_to_shape.
absl::Status AddReduceFamily(OpRegistry& registry);

}  // namespace weft

#endif  // WEFT_OPS_REDUCE_REDUCE_FAMILY_H_
