// The definitions of the family's ops, one file each (or a few that belong together). Private to ops/shape.
#ifndef WEFT_OPS_SHAPE_OP_DEFS_H_
#define WEFT_OPS_SHAPE_OP_DEFS_H_

#include "graph/ir/op_def.h"

namespace weft {

OpDef ConstantOp();      // constant.cc
OpDef FullOp();          // constant.cc
OpDef IotaOp();          // constant.cc
OpDef DimSizeOp();       // constant.cc
OpDef ReshapeOp();       // reshape.cc
OpDef StopGradientOp();  // reshape.cc
OpDef BroadcastToOp();   // broadcast_to.cc
OpDef TransposeOp();     // transpose.cc
OpDef ConcatOp();        // concat.cc
OpDef SplitOp();         // split.cc
OpDef SliceOp();         // slice.cc
OpDef PadOp();           // pad.cc
OpDef ReverseOp();       // reverse.cc
OpDef GatherOp();        // gather.cc
OpDef ScatterAddOp();    // gather.cc

}  // namespace weft

#endif  // WEFT_OPS_SHAPE_OP_DEFS_H_
