// The ops that belong to graph/ itself: input, variable, scan, relayout. Every OpRegistry holds them.
#ifndef WEFT_GRAPH_IR_BUILTIN_OPS_H_
#define WEFT_GRAPH_IR_BUILTIN_OPS_H_

#include <vector>

#include "graph/ir/op_def.h"

namespace weft {

std::vector<OpDef> BuiltinOps();

}  // namespace weft

#endif  // WEFT_GRAPH_IR_BUILTIN_OPS_H_
