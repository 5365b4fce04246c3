// The definitions of the family's ops. Private to ops/pool.
#ifndef WEFT_OPS_POOL_OP_DEFS_H_
#define WEFT_OPS_POOL_OP_DEFS_H_

#include "graph/ir/op_def.h"

namespace weft {

OpDef MaxPool2DOp();                      // max_pool.cc
OpDef MaxPool2DGradientOp();              // max_pool.cc
OpDef MaxPool2DPickOp();                  // max_pool.cc
OpDef AveragePool2DOp();                  // average_pool.cc
OpDef AveragePool2DGradientOp();          // average_pool.cc
OpDef MaxPool2DGradientEpilogueOp();      // epilogue.cc
OpDef AveragePool2DGradientEpilogueOp();  // epilogue.cc

}  // namespace weft

#endif  // WEFT_OPS_POOL_OP_DEFS_H_
