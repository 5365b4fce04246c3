// The fusion that makes dense_update:
//
//   dw = matmul(x, dy, transpose_a, chunk 256)          dw_new..., db_new... = dense_update(x, dy, ...)
//   w_new... = body(dw, w, ...)               ->
//   db = reduce_sum(dy, axes 0)
//   b_new... = sum_body(db, b, ...)
//
// where the generic fusion has made matmul_epilogue and reduce_epilogue of the first and the last two lines (or left
// the plain ops where nothing follows). dy is read once, and the shares of the two stay with the core that owns the
// columns.
#ifndef WEFT_OPS_DENSE_UPDATE_FUSION_H_
#define WEFT_OPS_DENSE_UPDATE_FUSION_H_

#include <memory>

#include "graph/passes/pass.h"

namespace weft {

// Exact. Refused, with a receipt, where one of the two needs a result of the other.
std::shared_ptr<const FusionRule> DenseUpdateFusion();

}  // namespace weft

#endif  // WEFT_OPS_DENSE_UPDATE_FUSION_H_
