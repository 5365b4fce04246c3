// Matrix products: adds the family to a registry.
#ifndef WEFT_OPS_DENSE_DENSE_FAMILY_H_
#define WEFT_OPS_DENSE_DENSE_FAMILY_H_

#include "absl/status/status.h"
#include "graph/ir/registry.h"

namespace weft {

// matmul, matmul_epilogue, dense_update, and the rule that makes the last. Recording gradients needs the families shape
// and reduce too.
absl::Status AddDenseFamily(OpRegistry& registry);

}  // namespace weft

#endif  // WEFT_OPS_DENSE_DENSE_FAMILY_H_
