// The fusion that lets a program write the parts of a concat to their places:
//
//   a, b, c = elementwise_program(...)        a, y = elementwise_program(..., joined=2)
//   y = concat(b, c), last axis         ->
//
// as at the end of a recurrent cell's gradient, where the gates' gradients become one operand of a product.
#ifndef WEFT_OPS_ELEMENTWISE_CONCAT_FUSION_H_
#define WEFT_OPS_ELEMENTWISE_CONCAT_FUSION_H_

#include <memory>

#include "graph/passes/pass.h"

namespace weft {

// Exact. Applies where one program makes all that is joined, row-major.
std::shared_ptr<const FusionRule> ConcatFusion();

}  // namespace weft

#endif  // WEFT_OPS_ELEMENTWISE_CONCAT_FUSION_H_
