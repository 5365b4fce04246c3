#include "ops/dense/dense_family.h"

#include "core/status.h"
#include "ops/dense/gates_fusion.h"
#include "ops/dense/op_defs.h"
#include "ops/dense/update_fusion.h"

namespace weft {

absl::Status AddDenseFamily(OpRegistry& registry) {
  WEFT_RETURN_IF_ERROR(registry.Add(dense::MatMulOp()));
  WEFT_RETURN_IF_ERROR(registry.Add(dense::MatMulEpilogueOp()));
  WEFT_RETURN_IF_ERROR(registry.Add(dense::DenseUpdateOp()));
  WEFT_RETURN_IF_ERROR(registry.Add(dense::MatMulGatesOp()));
  registry.Add(DenseUpdateFusion());
  registry.Add(MatMulGatesFusion());
  return absl::OkStatus();
}

}  // namespace weft
