// The kernel of elementwise_program, and of every elementwise op alone: a TileProgram run over broadcast operands.
#ifndef WEFT_OPS_ELEMENTWISE_ELEMENTWISE_KERNEL_H_
#define WEFT_OPS_ELEMENTWISE_ELEMENTWISE_KERNEL_H_

#include <memory>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "graph/exec/kernel.h"
#include "ops/elementwise/tile_program.h"

namespace weft {

// OpDef::kernel of any op with the elementwise trait. Null where it has no tile kernel for these types.
absl::StatusOr<std::unique_ptr<Kernel>> MakeElementwiseOpKernel(const KernelRequest& request);

// OpDef::kernel of elementwise_program. Null where an op of the body has no tile kernel.
absl::StatusOr<std::unique_ptr<Kernel>> MakeElementwiseProgramKernel(const KernelRequest& request);

}  // namespace weft

#endif  // WEFT_OPS_ELEMENTWISE_ELEMENTWISE_KERNEL_H_
