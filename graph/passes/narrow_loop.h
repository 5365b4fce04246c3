// A loop without the stacked results that nobody reads, or that it has twice (the gradient of a loop asks for a value
// once for each of its uses), and without the operands that only those needed.
#ifndef WEFT_GRAPH_PASSES_NARROW_LOOP_H_
#define WEFT_GRAPH_PASSES_NARROW_LOOP_H_

#include <vector>

#include "absl/types/span.h"
#include "graph/ir/builder.h"
#include "graph/passes/receipt.h"

namespace weft {

// Records what takes the place of `node`, a loop, on `inputs`, and adds a receipt. `is_read`: per result of the node,
// whether anything reads it. Gives one Value per result (absent for those that nobody reads), or none at all if the
// loop is narrow already: then nothing was recorded.
std::vector<Value> NarrowLoop(GraphBuilder& builder, const OpRegistry& registry, const Node& node,
                              absl::Span<const Value> inputs, absl::Span<const char> is_read,
                              std::vector<Receipt>* receipts);

}  // namespace weft

#endif  // WEFT_GRAPH_PASSES_NARROW_LOOP_H_
