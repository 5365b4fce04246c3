#include "models/initializers/constant.h"

#include "ops/shape/shape.h"

namespace weft::initializers {

void Zeros::VisitConfig(ConfigVisitor&) {}
Value Zeros::Record(GraphBuilder& builder, Value, Value, const TensorType& type) const {
  return Full(builder, type, 0);
}

void Ones::VisitConfig(ConfigVisitor&) {}
Value Ones::Record(GraphBuilder& builder, Value, Value, const TensorType& type) const { return Full(builder, type, 1); }

void Constant::VisitConfig(ConfigVisitor& visitor) { visitor.Field("value", options_.value); }
Value Constant::Record(GraphBuilder& builder, Value, Value, const TensorType& type) const {
  return Full(builder, type, options_.value);
}

}  // namespace weft::initializers
