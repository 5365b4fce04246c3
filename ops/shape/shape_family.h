// The family of ops on shapes: see shape.h.
#ifndef WEFT_OPS_SHAPE_SHAPE_FAMILY_H_
#define WEFT_OPS_SHAPE_SHAPE_FAMILY_H_

#include "absl/status/status.h"
#include "graph/ir/registry.h"

namespace weft {

// Adds the family's ops, and fills the roles constant, constant_op, full and dim_size.
absl::Status AddShapeFamily(OpRegistry& registry);

}  // namespace weft

#endif  // WEFT_OPS_SHAPE_SHAPE_FAMILY_H_
