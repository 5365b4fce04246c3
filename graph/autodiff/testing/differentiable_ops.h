// Ops with gradients for the tests of differentiation, which may not use //ops.
#ifndef WEFT_GRAPH_AUTODIFF_TESTING_DIFFERENTIABLE_OPS_H_
#define WEFT_GRAPH_AUTODIFF_TESTING_DIFFERENTIABLE_OPS_H_

#include <memory>

#include "graph/ir/registry.h"

namespace weft {

// The ops of graph/exec/testing, of these with a gradient: add, mul, sub (operands of one shape), neg, cube, total,
// reshape; and
//   step        x -> 0 where x < 0, else 1: Differentiability::kZero
//   opaque      x -> x: no gradient
//   to_int      f64 -> i64     to_float  i64 -> f64     their rules are mistakes to ask
//   halves      [2n] -> [n], [n]     pad_before, pad_after  [n] -> [2n]     spread  a scalar to a shape
//   wrong_count, wrong_type, rule_fails   x -> x, with rules that are wrong
std::unique_ptr<OpRegistry> MakeDifferentiableOps();

// The same, made once and never destroyed.
const OpRegistry& DifferentiableOps();

}  // namespace weft

#endif  // WEFT_GRAPH_AUTODIFF_TESTING_DIFFERENTIABLE_OPS_H_
