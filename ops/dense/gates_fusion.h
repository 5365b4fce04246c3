// The fusion that makes matmul_gates of a recurrent cell:
//
//   z = matmul(h, u) + x                 h_new, c_new, ... = matmul_gates(h, u, x, c)
//   i, f, g, o = split(z)          ->
//   h_new, c_new, ... = body(i, f, g, o, c)
//
// where the generic fusion has made matmul_epilogue of the first line and one program of the last. z is neither written
// nor read.
#ifndef WEFT_OPS_DENSE_GATES_FUSION_H_
#define WEFT_OPS_DENSE_GATES_FUSION_H_

#include <memory>

#include "graph/passes/pass.h"

namespace weft {

// Exact. Applies where the parts are equal and 64 columns wide or a multiple of that, and one program alone reads them.
std::shared_ptr<const FusionRule> MatMulGatesFusion();

}  // namespace weft

#endif  // WEFT_OPS_DENSE_GATES_FUSION_H_
