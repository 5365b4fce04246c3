// Kernels of the family's ops, float32. Private to ops/dense.
#ifndef WEFT_OPS_DENSE_DENSE_KERNEL_H_
#define WEFT_OPS_DENSE_DENSE_KERNEL_H_

#include <memory>

#include "absl/status/statusor.h"
#include "graph/exec/kernel.h"

namespace weft::dense {

// matmul and matmul_epilogue; nullptr for dtypes other than f32.
absl::StatusOr<std::unique_ptr<Kernel>> MakeMatMulKernel(const KernelRequest& request);
// dense_update.
absl::StatusOr<std::unique_ptr<Kernel>> MakeDenseUpdateKernel(const KernelRequest& request);

}  // namespace weft::dense

#endif  // WEFT_OPS_DENSE_DENSE_KERNEL_H_
