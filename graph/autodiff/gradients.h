// Reverse-mode differentiation of a graph as a graph.
#ifndef WEFT_GRAPH_AUTODIFF_GRADIENTS_H_
#define WEFT_GRAPH_AUTODIFF_GRADIENTS_H_

#include <vector>

#include "absl/status/statusor.h"
#include "graph/ir/builder.h"

namespace weft {

// Records d(sum_i <ys[i], dys[i]>) / dx for each x in xs into the builder of ys and returns one Value per x, of x's
// type (zeros where x has no influence). `dys` empty: ones (usual for a scalar loss). Any order: the results are
// ordinary Values. Errors (no abort): a node on the way whose op has no gradient, naming op, layer and file:line; an x
// or y that is not a float; values of different builders.
absl::StatusOr<std::vector<Value>> Gradients(absl::Span<const Value> ys, absl::Span<const Value> xs,
                                             absl::Span<const Value> dys = {});

}  // namespace weft

#endif  // WEFT_GRAPH_AUTODIFF_GRADIENTS_H_
