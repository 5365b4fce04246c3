// The derivative of a product. Private to ops/reduce.
#ifndef WEFT_OPS_REDUCE_PROD_GRADIENT_H_
#define WEFT_OPS_REDUCE_PROD_GRADIENT_H_

#include <vector>

#include "graph/ir/value.h"

namespace weft {

// For each element of x the product of all others along the (neighbouring) axes: the derivative of the product, without
// a division, so that it holds where elements are 0, and so do its own derivatives. Of a static number n of elements:
// running products from both ends, in log2(n) steps of x's size each. Of a symbolic one: n copies of x, each with one
// element replaced by 1.
Value ProductOfOthers(Value x, const std::vector<int64_t>& axes);

}  // namespace weft

#endif  // WEFT_OPS_REDUCE_PROD_GRADIENT_H_
