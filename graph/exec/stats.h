// What tools are told about compiled code.
#ifndef WEFT_GRAPH_EXEC_STATS_H_
#define WEFT_GRAPH_EXEC_STATS_H_

#include "graph/exec/code.h"
#include "graph/exec/program.h"

namespace weft {

ProgramStats MakeStats(const Code& code, const Module& module, const SymbolBindings& bindings, double compile_ms);

}  // namespace weft

#endif  // WEFT_GRAPH_EXEC_STATS_H_
