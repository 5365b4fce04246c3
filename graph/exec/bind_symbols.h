// From the dims that arrive to the values of the symbols in a function's input types.
#ifndef WEFT_GRAPH_EXEC_BIND_SYMBOLS_H_
#define WEFT_GRAPH_EXEC_BIND_SYMBOLS_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "core/shape.h"
#include "core/tensor_type.h"
#include "graph/ir/graph.h"

namespace weft {

// The values of all symbols in `types`, given the dims received for each. A dim that is a symbol, or linear in one
// symbol whose value is not known yet (2*n+1), determines it; every other dim is then checked. InvalidArgument names
// the input, the type expected and the dims received; or the symbol that nothing determines.
// REQUIRES: names.size() == types.size().
absl::StatusOr<SymbolBindings> BindSymbols(absl::Span<const TensorType> types, absl::Span<const Dims> dims,
                                           absl::Span<const std::string> names);

// The same for the inputs of a function.
absl::StatusOr<SymbolBindings> BindSymbols(const Graph& graph, absl::Span<const Dims> dims);

}  // namespace weft

#endif  // WEFT_GRAPH_EXEC_BIND_SYMBOLS_H_
