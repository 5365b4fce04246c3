// Gradients against differences of the function, in double.
#ifndef WEFT_GRAPH_AUTODIFF_TESTING_CHECK_GRADIENTS_H_
#define WEFT_GRAPH_AUTODIFF_TESTING_CHECK_GRADIENTS_H_

#include <functional>
#include <string>
#include <vector>

#include "absl/types/span.h"
#include "graph/ir/builder.h"

namespace weft {

// A scalar of f64 operands.
using ScalarFn = std::function<Value(GraphBuilder& builder, absl::Span<const Value> x)>;

// "" if the gradients of f by each operand, at some point, and those of the squared sum of these gradients (the second
// order) agree with central differences; else what does not. `dims`: of the operands.
std::string CheckGradients(const ScalarFn& f, const std::vector<std::vector<int64_t>>& dims);

}  // namespace weft

#endif  // WEFT_GRAPH_AUTODIFF_TESTING_CHECK_GRADIENTS_H_
