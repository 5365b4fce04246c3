// The definitions of the family's ops. Private to ops/conv.
#ifndef WEFT_OPS_CONV_OP_DEFS_H_
#define WEFT_OPS_CONV_OP_DEFS_H_

#include "graph/ir/op_def.h"

namespace weft::conv {

OpDef Conv2DOp();                       // conv2d.cc
OpDef Conv2DInputGradientOp();          // conv2d.cc
OpDef Conv2DKernelGradientOp();         // conv2d.cc
OpDef Conv2DEpilogueOp();               // fused_ops.cc
OpDef Conv2DInputGradientEpilogueOp();  // fused_ops.cc
OpDef Conv2DWeightGradientsOp();        // weight_gradients_op.cc
OpDef Conv2DMaxPoolOp();                // pooled_op.cc
OpDef Conv2DPooledWeightGradientsOp();  // weight_gradients_op.cc

}  // namespace weft::conv

#endif  // WEFT_OPS_CONV_OP_DEFS_H_
