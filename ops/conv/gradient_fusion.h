// The fusion that makes conv2d_weight_gradients:
//
//   dk = conv2d_kernel_gradient(x, dy)
//   db = reduce_sum(dy, axes 0 1 2)                ->      dk, b_new... = conv2d_weight_gradients(x, dy, b, ...)
//   b_new... = sum_body(db, b, ...)
//
// where the generic fusion has made reduce_epilogue of the last two lines (or left reduce_sum where nothing follows).
// dy is read once.
#ifndef WEFT_OPS_CONV_GRADIENT_FUSION_H_
#define WEFT_OPS_CONV_GRADIENT_FUSION_H_

#include <memory>

#include "graph/passes/pass.h"

namespace weft {

// Exact. Refused, with a receipt, where one of the two needs a result of the other.
std::shared_ptr<const FusionRule> ConvWeightGradientsFusion();

}  // namespace weft

#endif  // WEFT_OPS_CONV_GRADIENT_FUSION_H_
