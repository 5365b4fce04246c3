// Bodies of elementwise programs: functions over scalars, made of inputs, constants and elementwise ops (of any
// family). They are the attribute "body" of elementwise_program and of every op that takes an epilogue.
#ifndef WEFT_OPS_ELEMENTWISE_BODY_H_
#define WEFT_OPS_ELEMENTWISE_BODY_H_

#include "absl/status/status.h"
#include "absl/types/span.h"
#include "graph/exec/reference.h"
#include "graph/ir/graph.h"

namespace weft {

// InvalidArgument unless `body` is one: rank-0 types, no variables or updates, at least one output, and only ops with
// the elementwise trait beside inputs and constants.
absl::Status CheckBody(const Graph& body);

// The value of a constant node (an op without operands, with a tensor attribute "value"); null for any other node.
const Tensor* ConstantOf(const Node& node);

// The sum of the ops' ElementwiseTrait::cycles: per 16 elements on AVX-512, for cost models.
double BodyCycles(const Graph& body);

// The body on every element, by the reference of each op; f32 values are rounded to float after each op, so that the
// result is that of the unfused graph. `inputs` broadcast to `dims`, which all outputs get. Outputs are resized here.
// REQUIRES: CheckBody(body) is ok; inputs of the body's dtypes.
absl::Status RunBodyReference(const Graph& body, absl::Span<const RefTensor> inputs, absl::Span<const int64_t> dims,
                              absl::Span<RefTensor> outputs);

}  // namespace weft

#endif  // WEFT_OPS_ELEMENTWISE_BODY_H_
