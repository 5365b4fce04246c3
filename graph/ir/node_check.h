// The checks of one node that recording and the verifier share.
#ifndef WEFT_GRAPH_IR_NODE_CHECK_H_
#define WEFT_GRAPH_IR_NODE_CHECK_H_

#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "graph/ir/op_def.h"

namespace weft {

// Names and kinds against the op's schema; missing ones get their defaults.
absl::Status CompleteAttrs(const OpDef& op, AttrMap& attrs);
absl::Status CheckArity(const OpDef& op, int num_inputs);
// The op's type rule, its result checked: valid dims, ranks, at least one output.
absl::StatusOr<std::vector<TensorType>> InferTypes(const OpDef& op, absl::Span<const TensorType> inputs,
                                                   const AttrMap& attrs);
// A type that a value may have: rank, valid dims, products that fit, a layout that can hold it.
absl::Status CheckType(const TensorType& type);

}  // namespace weft

#endif  // WEFT_GRAPH_IR_NODE_CHECK_H_
