#include "models/initializers/identity.h"

#include "core/status.h"
#include "ops/elementwise/elementwise.h"
#include "ops/shape/shape.h"

namespace weft::initializers {

void Identity::VisitConfig(ConfigVisitor& visitor) { visitor.Field("gain", options_.gain); }

Value Identity::Record(GraphBuilder& builder, Value, Value, const TensorType& type) const {
  if (type.rank() != 2) {
    return builder.Error(InvalidArgument("Identity: expected a matrix to initialize, received ", type.ToString()));
  }
  const TensorType index{DType::kInt32, type.shape};
  const Value on_diagonal = Equal(Iota(builder, index, 0), Iota(builder, index, 1));
  return Cast(on_diagonal, type.dtype) * options_.gain;
}

}  // namespace weft::initializers
