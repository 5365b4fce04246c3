// Convolutions: adds the family to a registry.
#ifndef WEFT_OPS_CONV_CONV_FAMILY_H_
#define WEFT_OPS_CONV_CONV_FAMILY_H_

#include "absl/status/status.h"
#include "graph/ir/registry.h"

namespace weft {

// conv2d, conv2d_input_gradient, conv2d_kernel_gradient, what the passes make of them, and the rule for
// poolings.
absl::Status AddConvFamily(OpRegistry& registry);

}  // namespace weft

#endif  // WEFT_OPS_CONV_CONV_FAMILY_H_
