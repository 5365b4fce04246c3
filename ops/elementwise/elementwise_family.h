// The family of elementwise ops: adds the ops of elementwise_ops.inc, elementwise_program, the activations, and the
// roles `add` and `elementwise_program`. The gradients also use the roles `constant` (family shape) and `sum_to_shape`
// (family reduce).
#ifndef WEFT_OPS_ELEMENTWISE_ELEMENTWISE_FAMILY_H_
#define WEFT_OPS_ELEMENTWISE_ELEMENTWISE_FAMILY_H_

#include "absl/status/status.h"
#include "graph/ir/registry.h"

namespace weft {

absl::Status AddElementwiseFamily(OpRegistry& registry);

}  // namespace weft

#endif  // WEFT_OPS_ELEMENTWISE_ELEMENTWISE_FAMILY_H_
