#include "ops/elementwise/elementwise_family.h"

#include "core/status.h"
#include "ops/elementwise/activations.h"
#include "ops/elementwise/concat_fusion.h"
#include "ops/elementwise/elementwise.h"
#include "ops/elementwise/op_defs.h"

namespace weft {

absl::Status AddElementwiseFamily(OpRegistry& registry) {
  for (OpDef& def : ElementwiseOpDefs()) WEFT_RETURN_IF_ERROR(registry.Add(std::move(def)));
  registry.roles().add = [](Value a, Value b) { return Add(a, b); };
  registry.roles().elementwise_program = registry.Find("elementwise_program");
  for (Composition& activation : ElementwiseActivations()) {
    WEFT_RETURN_IF_ERROR(registry.Add(std::move(activation)));
  }
  registry.Add(ConcatFusion());
  return absl::OkStatus();
}

}  // namespace weft
