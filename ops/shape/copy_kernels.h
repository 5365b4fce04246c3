// Kernels that move elements without looking at them: one strided copy serves broadcast_to, transpose, concat, slice
// and reverse, for every dtype. Private to ops/shape, but for CopyElement.
#ifndef WEFT_OPS_SHAPE_COPY_KERNELS_H_
#define WEFT_OPS_SHAPE_COPY_KERNELS_H_

#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "core/shape.h"
#include "core/tensor.h"
#include "graph/exec/kernel.h"
#include "graph/exec/reference.h"

namespace weft {

// to[to_offset + sum i_k * to_strides[k]] = from[from_offset + sum i_k * from_strides[k]] for every index i below
// `dims`; offsets and strides in elements, from_strides may be 0 (a repeated axis) or negative. Two indices never write
// the same element.
struct CopyPlan {
  Dims dims, from_strides, to_strides;
  int64_t from_offset = 0, to_offset = 0;
  int input = 0, output = 0;  // of the kernel
};

// The same copy with axes of size 1 dropped and neighbours merged where both sides step through them evenly. At least
// one axis remains.
CopyPlan Canonical(const CopyPlan& plan);

// Together the plans write every element of every output.
absl::StatusOr<std::unique_ptr<Kernel>> MakeCopyKernel(const KernelRequest& request, absl::Span<const CopyPlan> plans);

// Output 0 = input 0, byte for byte: what runs for a view where the executor needs a copy.
absl::StatusOr<std::unique_ptr<Kernel>> MakeViewKernel(const KernelRequest& request);

// Every element of output 0 = `value`, a scalar of its dtype.
absl::StatusOr<std::unique_ptr<Kernel>> MakeFillKernel(const KernelRequest& request, const Tensor& value);

// n elements of `element_size` (1, 4 or 8) bytes at `to` set to the one at `value`.
void FillElements(void* to, const void* value, int64_t n, int64_t element_size);

// Reference: to[j] = from[i], of one dtype.
inline void CopyElement(const RefTensor& from, int64_t i, RefTensor& to, int64_t j) {
  if (from.is_float()) {
    to.f[j] = from.f[i];
  } else {
    to.i[j] = from.i[i];
  }
}

}  // namespace weft

#endif  // WEFT_OPS_SHAPE_COPY_KERNELS_H_
