// The fusion that spares a convolution's result, where it is kept for the gradient of relu and max_pool2d alone:
//
//   y, p = conv2d_max_pool2d(x, kernel, ...; keep)
//   dy = max_pool2d_gradient_epilogue(y, dp, y; v, e: v where e > 0, else 0)
//   dk, db = conv2d_weight_gradients(x, dy, ...)
//     ->
//   winners, p = conv2d_max_pool2d(x, kernel, ...; winners)
//   dk, db = conv2d_pooled_weight_gradients(x, winners, dp, ...)
//
// Of y no more is needed than where each maximum is, and whether it is positive: a byte for four floats of y and four
// of dy, which are neither stored nor read again. That is the first layer of a network, whose input has no gradient.
#ifndef WEFT_OPS_CONV_WINNERS_FUSION_H_
#define WEFT_OPS_CONV_WINNERS_FUSION_H_

#include <memory>

#include "graph/passes/pass.h"

namespace weft {

// Exact. To be run behind ConvMaxPoolFusion and ConvWeightGradientsFusion.
std::shared_ptr<const FusionRule> ConvPoolWinnersFusion();

}  // namespace weft

#endif  // WEFT_OPS_CONV_WINNERS_FUSION_H_
