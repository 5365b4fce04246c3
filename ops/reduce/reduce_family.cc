#include "ops/reduce/reduce_family.h"

#include "core/status.h"
#include "ops/reduce/op_defs.h"
#include "ops/reduce/reduce.h"

namespace weft {

absl::Status AddReduceFamily(OpRegistry& registry) {
  for (auto make :
       {ReduceSumOp, ReduceProdOp, ReduceMaxOp, ReduceMinOp, ReduceEpilogueOp, ArgMaxOp, ArgMinOp, CumSumOp}) {
    WEFT_RETURN_IF_ERROR(registry.Add(make()));
  }
  registry.roles().sum_to_shape = [](Value x, const Shape& shape) { return SumToShape(x, shape); };
  return absl::OkStatus();
}

}  // namespace weft
