// Peephole rewrites of elementwise ops (OpDef::simplify). Exact ones give the same bits for every input that is not a
// denormal: where flush-to-zero would have made a zero of a denormal operand, a rewrite that drops the op (x * 1 -> x)
// leaves the flushing to the next arithmetic op.
#ifndef WEFT_OPS_ELEMENTWISE_SIMPLIFY_H_
#define WEFT_OPS_ELEMENTWISE_SIMPLIFY_H_

#include <string>
#include <vector>

#include "graph/ir/op_def.h"

namespace weft {

// The rules rooted at the op; empty for most.
std::vector<RewriteRule> SimplifyRules(const std::string& op);

}  // namespace weft

#endif  // WEFT_OPS_ELEMENTWISE_SIMPLIFY_H_
