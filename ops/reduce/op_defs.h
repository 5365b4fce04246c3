// The definitions of the family's ops. Private to ops/reduce.
#ifndef WEFT_OPS_REDUCE_OP_DEFS_H_
#define WEFT_OPS_REDUCE_OP_DEFS_H_

#include "graph/ir/op_def.h"

namespace weft {

OpDef ReduceSumOp();       // reduce_ops.cc
OpDef ReduceProdOp();      // reduce_ops.cc
OpDef ReduceMaxOp();       // reduce_ops.cc
OpDef ReduceMinOp();       // reduce_ops.cc
OpDef ReduceEpilogueOp();  // epilogue.cc
OpDef ArgMaxOp();          // arg.cc
OpDef ArgMinOp();          // arg.cc
OpDef CumSumOp();          // cumsum.cc

}  // namespace weft

#endif  // WEFT_OPS_REDUCE_OP_DEFS_H_
