#include "ops/pool/pool_family.h"

#include "core/status.h"
#include "ops/pool/op_defs.h"

namespace weft {

absl::Status AddPoolFamily(OpRegistry& registry) {
  for (auto make : {MaxPool2DOp, MaxPool2DGradientOp, MaxPool2DPickOp, AveragePool2DOp, AveragePool2DGradientOp,
                    MaxPool2DGradientEpilogueOp, AveragePool2DGradientEpilogueOp}) {
    WEFT_RETURN_IF_ERROR(registry.Add(make()));
  }
  return absl::OkStatus();
}

}  // namespace weft
