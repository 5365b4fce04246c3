// The kernel sweep: every case's kernels at one ISA level, against the reference, with guard zones around every buffer.
#ifndef WEFT_OPS_TESTING_KERNEL_SWEEP_H_
#define WEFT_OPS_TESTING_KERNEL_SWEEP_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "core/tensor.h"
#include "graph/exec/target.h"
#include "graph/ir/registry.h"
#include "ops/testing/op_case.h"

namespace weft {

// Runs a graph of static shapes node by node on the kernels that `target` chooses (the reference where an op has none),
// each value in a buffer of its own between guard zones, with flush-to-zero set as the executor sets it. An error names
// the node whose kernel wrote outside its buffers.
absl::StatusOr<std::vector<Tensor>> RunGuarded(const Graph& graph, absl::Span<const Tensor> inputs,
                                               const Target& target);

struct KernelSweepOptions {
  uint64_t seed = 1;
  std::vector<int> shares = {1, 2, 3, 8};  // force_shares; all must give the same bits
};

// What is wrong, a line each. The levels are compared bit for bit with each other, the first with the reference.
std::vector<std::string> SweepKernels(const OpRegistry& registry, absl::Span<const OpCase> cases,
                                      absl::Span<const Isa> isas, const KernelSweepOptions& options = {});

}  // namespace weft

#endif  // WEFT_OPS_TESTING_KERNEL_SWEEP_H_
