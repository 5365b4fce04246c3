// The ops of elementwise_ops.inc as an enum, to index tables with. No Abseil, no containers: kernel files include this.
#ifndef WEFT_OPS_ELEMENTWISE_OP_LIST_H_
#define WEFT_OPS_ELEMENTWISE_OP_LIST_H_

namespace weft {

enum ElementwiseOp : int {
#define WEFT_UNARY(Function, op, Class, Diff, ulp, cycles, formula) k##Function##Op,
#define WEFT_BINARY(Function, op, Class, Diff, commutative, ulp, cycles, formula) k##Function##Op,
#define WEFT_COMPARE(Function, op, commutative, cycles, formula) k##Function##Op,
#define WEFT_PREDICATE(Function, op, cycles, formula) k##Function##Op,
#define WEFT_SPECIAL(Function, op, cycles) k##Function##Op,
#include "ops/elementwise/elementwise_ops.inc"
  kNumElementwiseOps,
};

}  // namespace weft

#endif  // WEFT_OPS_ELEMENTWISE_OP_LIST_H_
