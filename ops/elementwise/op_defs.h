// The OpDefs of the family. Private to ops/elementwise.
#ifndef WEFT_OPS_ELEMENTWISE_OP_DEFS_H_
#define WEFT_OPS_ELEMENTWISE_OP_DEFS_H_

#include <vector>

#include "graph/ir/op_def.h"

namespace weft {

// One per row of elementwise_ops.inc, then elementwise_program.
std::vector<OpDef> ElementwiseOpDefs();

}  // namespace weft

#endif  // WEFT_OPS_ELEMENTWISE_OP_DEFS_H_
