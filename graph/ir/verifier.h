// The verifier: trusts nothing. Checks ids, dependency order, arity, attribute names and kinds, that every stored type
// is what the op's type rule gives, bodies (to a depth limit, with an explicit stack), outputs, updates, names. Errors
// name node and op.
#ifndef WEFT_GRAPH_IR_VERIFIER_H_
#define WEFT_GRAPH_IR_VERIFIER_H_

#include "absl/status/status.h"
#include "graph/ir/graph.h"
#include "graph/ir/module.h"

namespace weft {

inline constexpr int kMaxBodyDepth = 16;

struct VerifyOptions {
  bool allow_fused = true;    // is_fused ops (optimized modules)
  bool allow_layouts = true;  // layouts other than row-major
};
absl::Status Verify(const Graph& graph, const VerifyOptions& options = {});
absl::Status Verify(const Module& module, const VerifyOptions& options = {});

}  // namespace weft

#endif  // WEFT_GRAPH_IR_VERIFIER_H_
