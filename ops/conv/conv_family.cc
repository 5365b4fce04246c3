#include "ops/conv/conv_family.h"

#include "core/status.h"
#include "ops/conv/gradient_fusion.h"
#include "ops/conv/op_defs.h"
#include "ops/conv/pool_fusion.h"
#include "ops/conv/winners_fusion.h"

namespace weft {

absl::Status AddConvFamily(OpRegistry& registry) {
  for (auto make : {conv::Conv2DOp, conv::Conv2DInputGradientOp, conv::Conv2DKernelGradientOp, conv::Conv2DEpilogueOp,
                    conv::Conv2DInputGradientEpilogueOp, conv::Conv2DMaxPoolOp, conv::Conv2DWeightGradientsOp,
                    conv::Conv2DPooledWeightGradientsOp}) {
    WEFT_RETURN_IF_ERROR(registry.Add(make()));
  }
  registry.Add(ConvMaxPoolFusion());
  registry.Add(ConvWeightGradientsFusion());
  registry.Add(ConvPoolWinnersFusion());
  return absl::OkStatus();
}

}  // namespace weft
