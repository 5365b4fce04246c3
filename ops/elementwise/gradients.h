// Gradients of elementwise ops: one rule per differentiable op, recording ops of this family. Where an operand was
// broadcast its gradient is summed back (role sum_to_shape). At kinks the rules do as TensorFlow's.
#ifndef WEFT_OPS_ELEMENTWISE_GRADIENTS_H_
#define WEFT_OPS_ELEMENTWISE_GRADIENTS_H_

#include <vector>

#include "graph/autodiff/gradient_args.h"

namespace weft {

#define WEFT_DECLARE_GRADIENT_Gradient(Function) std::vector<Value> Function##Gradient(const GradientArgs& args);
#define WEFT_DECLARE_GRADIENT_Zero(Function)
#define WEFT_UNARY(Function, op, Class, Diff, ulp, cycles, formula) WEFT_DECLARE_GRADIENT_##Diff(Function)
#define WEFT_BINARY(Function, op, Class, Diff, commutative, ulp, cycles, formula) WEFT_DECLARE_GRADIENT_##Diff(Function)
#include "ops/elementwise/elementwise_ops.inc"
#undef WEFT_DECLARE_GRADIENT_Gradient
#undef WEFT_DECLARE_GRADIENT_Zero
std::vector<Value> ClipGradient(const GradientArgs& args);
std::vector<Value> SelectGradient(const GradientArgs& args);
std::vector<Value> CastGradient(const GradientArgs& args);

// `gradient`, which has the op's result shape, summed to the shape of operand i.
Value SumToOperand(const GradientArgs& args, int i, Value gradient);

}  // namespace weft

#endif  // WEFT_OPS_ELEMENTWISE_GRADIENTS_H_
