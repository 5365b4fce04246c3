// A tensor of equal elements stays one however it is rearranged. Private to ops/shape.
#ifndef WEFT_OPS_SHAPE_UNIFORM_H_
#define WEFT_OPS_SHAPE_UNIFORM_H_

#include "graph/passes/rewrite.h"
#include "ops/shape/shape.h"

namespace weft {

// Rule: f(broadcast_to(one element)) -> broadcast_to(scalar), for an f that moves elements and adds none. (A tensor
// that was recorded as `full` is a broadcast constant by the time the rules see it.)
inline Value RearrangedUniform(RewriteContext& context) {
  if (!context.IsOp(context.input(0), "broadcast_to")) return Value();
  Value scalar = context.operand(context.input(0), 0);
  for (const Dim& d : scalar.shape()) {
    if (d != Dim(1)) return Value();
  }
  if (scalar.rank() != 0) scalar = Reshape(scalar, {});
  return context.type().rank() == 0 ? scalar : BroadcastTo(scalar, context.type().shape);
}

}  // namespace weft

#endif  // WEFT_OPS_SHAPE_UNIFORM_H_
