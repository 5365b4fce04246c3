#include "ops/shape/shape_family.h"

#include "core/status.h"
#include "ops/shape/op_defs.h"
#include "ops/shape/shape.h"

namespace weft {

absl::Status AddShapeFamily(OpRegistry& registry) {
  for (auto make : {ConstantOp, FullOp, IotaOp, DimSizeOp, ReshapeOp, StopGradientOp, BroadcastToOp, TransposeOp,
                    ConcatOp, SplitOp, SliceOp, PadOp, ReverseOp, GatherOp, ScatterAddOp}) {
    WEFT_RETURN_IF_ERROR(registry.Add(make()));
  }
  Roles& roles = registry.roles();
  roles.constant = [](GraphBuilder& builder, Tensor value) { return Constant(builder, std::move(value)); };
  roles.full = [](GraphBuilder& builder, const TensorType& type, double value) { return Full(builder, type, value); };
  roles.dim_size = [](GraphBuilder& builder, const Dim& dim) { return DimSize(builder, dim); };
  roles.constant_op = registry.Find("constant");
  return absl::OkStatus();
}

}  // namespace weft
