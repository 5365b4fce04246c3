// The definitions of the family's ops. Private to ops/softmax.
#ifndef WEFT_OPS_SOFTMAX_OP_DEFS_H_
#define WEFT_OPS_SOFTMAX_OP_DEFS_H_

#include "core/cpu.h"
#include "graph/ir/op_def.h"
#include "ops/softmax/f32_kernels.h"

namespace weft {

OpDef SoftmaxOp();                    // softmax_ops.cc
OpDef LogSoftmaxOp();                 // softmax_ops.cc
OpDef SoftmaxCrossEntropyOp();        // cross_entropy.cc
OpDef SparseSoftmaxCrossEntropyOp();  // cross_entropy.cc

const SoftmaxF32& SoftmaxKernels(Isa isa);  // softmax_ops.cc

// Reference: max[0] and log(sum exp(x - max)) of n elements `stride` apart.
struct RowSum {
  double max, log_sum;
};
RowSum ReferenceRowSum(const double* x, int64_t n, int64_t stride);  // softmax_ops.cc

}  // namespace weft

#endif  // WEFT_OPS_SOFTMAX_OP_DEFS_H_
