// The kernel of op "relayout": the same contents in another layout.
#ifndef WEFT_GRAPH_EXEC_RELAYOUT_KERNEL_H_
#define WEFT_GRAPH_EXEC_RELAYOUT_KERNEL_H_

#include <memory>

#include "absl/status/statusor.h"
#include "graph/exec/kernel.h"

namespace weft {

// From row-major to any layout, back, or a plain copy. Unimplemented between two layouts that are not row-major.
absl::StatusOr<std::unique_ptr<Kernel>> MakeRelayoutKernel(const KernelRequest& request);

}  // namespace weft

#endif  // WEFT_GRAPH_EXEC_RELAYOUT_KERNEL_H_
