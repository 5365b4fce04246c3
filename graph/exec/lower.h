// The second half of compilation: from the plan to a flat list of instructions.
#ifndef WEFT_GRAPH_EXEC_LOWER_H_
#define WEFT_GRAPH_EXEC_LOWER_H_

#include <memory>

#include "absl/status/statusor.h"
#include "graph/exec/code.h"
#include "graph/exec/prepare.h"

namespace weft {

// Takes kernels and constants out of `prepared`. `poison`: see CompileOptions::poison_dead_memory.
absl::StatusOr<std::unique_ptr<Code>> Lower(Prepared& prepared, bool poison);

}  // namespace weft

#endif  // WEFT_GRAPH_EXEC_LOWER_H_
