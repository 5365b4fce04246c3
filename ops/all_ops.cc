#include "ops/all_ops.h"

#include "core/status.h"
#include "ops/conv/conv_family.h"
#include "ops/dense/dense_family.h"
#include "ops/elementwise/elementwise_family.h"
#include "ops/pool/pool_family.h"
#include "ops/random/random_family.h"
#include "ops/reduce/reduce_family.h"
#include "ops/shape/shape_family.h"
#include "ops/softmax/softmax_family.h"

namespace weft {

absl::Status AddAllOps(OpRegistry& registry) {
  WEFT_RETURN_IF_ERROR(AddElementwiseFamily(registry));
  WEFT_RETURN_IF_ERROR(AddShapeFamily(registry));
  WEFT_RETURN_IF_ERROR(AddReduceFamily(registry));
  WEFT_RETURN_IF_ERROR(AddSoftmaxFamily(registry));
  WEFT_RETURN_IF_ERROR(AddRandomFamily(registry));
  WEFT_RETURN_IF_ERROR(AddDenseFamily(registry));
  WEFT_RETURN_IF_ERROR(AddConvFamily(registry));
  return AddPoolFamily(registry);
}

const OpRegistry& AllOps() {
  static const OpRegistry& registry = *[] {
    auto* made = new OpRegistry();
    // It fails only if two families take one name, which is a test's to find: the registry then lacks ops, and
    // recording them is an error.
    AddAllOps(*made).IgnoreError();
    return made;
  }();
  return registry;
}

}  // namespace weft
