// How the tests of fusions go: a graph, the same graph after the fuse pass, and the bits of both.
#ifndef WEFT_OPS_TESTING_FUSION_H_
#define WEFT_OPS_TESTING_FUSION_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "core/tensor.h"
#include "graph/ir/builder.h"

namespace weft {

// `graph`, a function over AllOps(), after the fuse pass. Fails the test, and gives the graph as it was, where the pass
// fails.
GraphPtr Fused(const GraphPtr& graph);

int CountNodes(const Graph& graph, absl::string_view op);
// The first node of this op, or null.
const Node* FindNode(const Graph& graph, absl::string_view op);

// A tensor per input, evenly distributed over [-2, 2]. Their dims must be constants. `name` and the seed make them.
std::vector<Tensor> InputsFor(const Graph& graph, absl::string_view name, uint64_t seed = 1);

// Fails the test where `fused` does not give what `separate` gives: by the references, and by the kernels at every
// level of the host and every number of shares. `same` compares two results; BitEqualOrNan takes all NaNs for one.
bool BitEqualOrNan(const Tensor& a, const Tensor& b);
void ExpectSameResults(const Graph& separate, const Graph& fused, absl::Span<const Tensor> inputs,
                       bool (*same)(const Tensor& a, const Tensor& b) = BitEqual);

// What recording this op on operands of these types says: the builder's error, or "".
std::string RecordingError(absl::string_view op, absl::Span<const TensorType> operands, AttrMap attrs);

// A body over float32 scalars named x0, x1 ..., with one result.
GraphPtr ScalarBody(int num_inputs, Value (*record)(absl::Span<const Value> x));

}  // namespace weft

#endif  // WEFT_OPS_TESTING_FUSION_H_
