// The family of softmax and cross-entropy: see softmax.h.
#ifndef WEFT_OPS_SOFTMAX_SOFTMAX_FAMILY_H_
#define WEFT_OPS_SOFTMAX_SOFTMAX_FAMILY_H_

#include "absl/status/status.h"
#include "graph/ir/registry.h"

namespace weft {

// Adds the family's ops, and the activations "softmax" and "log_softmax".
absl::Status AddSoftmaxFamily(OpRegistry& registry);

}  // namespace weft

#endif  // WEFT_OPS_SOFTMAX_SOFTMAX_FAMILY_H_
