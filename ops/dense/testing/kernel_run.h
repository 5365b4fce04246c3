// Runs one op's kernel by hand: every operand, result and scratch between guard zones, any ISA level, number of shares,
// layout, and results in the place of operands.
#ifndef WEFT_OPS_DENSE_TESTING_KERNEL_RUN_H_
#define WEFT_OPS_DENSE_TESTING_KERNEL_RUN_H_

#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "core/tensor.h"
#include "graph/exec/target.h"
#include "graph/ir/builder.h"
#include "ops/testing/targets.h"

namespace weft {

// The families that the tests need.
const OpRegistry& DenseTestRegistry();

struct RunSpec {
  std::string op;
  AttrMap attrs;
  std::vector<Tensor> inputs;        // row-major
  std::vector<Layout> layouts = {};  // of the inputs; missing ones are row-major
  // (output, input): the output lies where the input does. Checked against MayAlias.
  std::vector<std::pair<int, int>> in_place = {};
};

// The outputs, row-major. Errors: what recording says; no kernel; a write outside the buffers; padding of a kPanels64
// result that is not 0.
absl::StatusOr<std::vector<Tensor>> RunKernel(const RunSpec& spec, const Target& target);

// The same by the op's reference, rounded to the outputs' dtypes.
absl::StatusOr<std::vector<Tensor>> RunOpReference(const RunSpec& spec);

}  // namespace weft

#endif  // WEFT_OPS_DENSE_TESTING_KERNEL_RUN_H_
