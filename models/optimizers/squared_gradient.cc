#include "models/optimizers/squared_gradient.h"

#include "ops/elementwise/elementwise.h"
#include "ops/shape/shape.h"

namespace weft {

Value SquaredGradient(Value gradient) {
  if (!gradient.ok()) return gradient;
  GraphBuilder& builder = *gradient.builder();
  const Node& node = builder.producer(gradient);
  if (node.op->name != "scatter_add") return Square(gradient);
  const ValueId rows = node.inputs[0], ids = node.inputs[1];  // recording below moves the node
  const int axis = static_cast<int>(node.attrs->Int("axis"));
  return ScatterAdd(Square(builder.value(rows)), builder.value(ids), gradient.shape(), axis);
}

}  // namespace weft
