// The explicit list of op families. To add a family: one line in all_ops.cc. To add an op: its family folder only.
#ifndef WEFT_OPS_ALL_OPS_H_
#define WEFT_OPS_ALL_OPS_H_

#include "absl/status/status.h"
#include "graph/ir/registry.h"

namespace weft {

// The registry of all ops that Weft ships; made once, immutable, never destroyed.
const OpRegistry& AllOps();

// Adds them to a registry of one's own, to which further families can then be added.
absl::Status AddAllOps(OpRegistry& registry);

}  // namespace weft

#endif  // WEFT_OPS_ALL_OPS_H_
