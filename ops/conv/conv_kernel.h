// Kernels of the family. Private to ops/conv.
#ifndef WEFT_OPS_CONV_CONV_KERNEL_H_
#define WEFT_OPS_CONV_CONV_KERNEL_H_

#include <memory>

#include "absl/status/statusor.h"
#include "graph/exec/kernel.h"

namespace weft::conv {

// OpDef::kernel; float32 only. The first and the third are of the plain op and the one with an epilogue.
absl::StatusOr<std::unique_ptr<Kernel>> MakeConvKernel(const KernelRequest& request);
absl::StatusOr<std::unique_ptr<Kernel>> MakePooledConvKernel(const KernelRequest& request);
absl::StatusOr<std::unique_ptr<Kernel>> MakeInputGradientKernel(const KernelRequest& request);
absl::StatusOr<std::unique_ptr<Kernel>> MakeKernelGradientKernel(const KernelRequest& request);

}  // namespace weft::conv

#endif  // WEFT_OPS_CONV_CONV_KERNEL_H_
