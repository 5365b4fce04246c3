// What the tests of this folder share: a registry, kernels run on guarded buffers, comparison in units in the last
// place.
#ifndef WEFT_OPS_ELEMENTWISE_TESTING_HARNESS_H_
#define WEFT_OPS_ELEMENTWISE_TESTING_HARNESS_H_

#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "core/philox.h"
#include "core/tensor.h"
#include "graph/exec/target.h"
#include "graph/ir/builder.h"
#include "graph/ir/graph.h"
#include "graph/ir/registry.h"

namespace weft {

// The families shape, reduce and elementwise: all that these ops and their gradients use.
const OpRegistry& TestOps();

// The function of `inputs` that `record` gives, outputs "y0", "y1" ...
absl::StatusOr<GraphPtr> BuildGraph(
    absl::Span<const TensorType> inputs,
    const std::function<std::vector<Value>(GraphBuilder& builder, absl::Span<const Value> inputs)>& record);

struct KernelRunOptions {
  Target target;
  Layout layout = Layout::kRowMajor;            // of every tensor of the results' shape
  std::vector<std::pair<int, int>> alias = {};  // (output, input): the output lies in the input's bytes
};
// Runs the kernel of a node with flush-to-zero set, the shares in descending order. Every buffer ends where its tensor
// does (rounded up to 64 bytes as promised to kernels) and lies between guard zones; the padding to 64 bytes behind an
// operand holds NaN. An error says what is wrong: no kernel, a guard zone overwritten, an operand changed, an alias
// that the kernel refuses, padding of a layout that is not 0.
absl::StatusOr<std::vector<Tensor>> RunKernel(const OpDef& op, const AttrMap& attrs, absl::Span<const Tensor> inputs,
                                              const KernelRunOptions& options);

// The last node of a graph, on the kernel; its operands are the graph's inputs.
absl::StatusOr<std::vector<Tensor>> RunLastNode(const Graph& graph, absl::Span<const Tensor> inputs,
                                                const KernelRunOptions& options);

Tensor F32(std::vector<float> values);
Tensor F32(absl::Span<const int64_t> dims, std::vector<float> values);
// Uniform in [low, high]; every `special`-th element or so one of NaN, infinities, zeros, denormals, extremes (0:
// none).
Tensor RandomF32(absl::Span<const int64_t> dims, double low, double high, PhiloxStream& random, int special = 0);
// Any bits that the dtype may hold, small numbers among them.
Tensor RandomBits(DType dtype, absl::Span<const int64_t> dims, PhiloxStream& random);

// Denormals to zeros of their sign, as kernels see operands and leave results.
Tensor FlushDenormals(const Tensor& t);
// "" if every element of `got` is within `ulps` of `want` (0: the same bits, any NaN being equal to any other, and
// denormals to zeros of their sign); else the first that is not.
std::string Difference(const Tensor& got, const Tensor& want, double ulps);

}  // namespace weft

#endif  // WEFT_OPS_ELEMENTWISE_TESTING_HARNESS_H_
