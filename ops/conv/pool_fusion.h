// The fusion that makes conv2d_max_pool2d:
//
//   y = conv2d_epilogue(x, kernel, bias, ...)
//   p = max_pool2d(y, 2 x 2)                     ->      (y,) p = conv2d_max_pool2d(x, kernel, bias, ...)
//
// where the generic fusion has made conv2d_epilogue (or has left conv2d, where nothing stands between the two). What is
// pooled is near; and where nobody else reads y, as in inference, it is never stored.
#ifndef WEFT_OPS_CONV_POOL_FUSION_H_
#define WEFT_OPS_CONV_POOL_FUSION_H_

#include <memory>

#include "graph/passes/pass.h"

namespace weft {

// Exact. For float32, one group, a body of one output, and extras that are a row of columns or one element.
std::shared_ptr<const FusionRule> ConvMaxPoolFusion();

}  // namespace weft

#endif  // WEFT_OPS_CONV_POOL_FUSION_H_
