// A small set of ops for the tests of passes, which name no op and may not use //ops: one op of every kind that some
// pass treats in a way of its own, and rules to rewrite them by. That the passes are right about the real ops is tested
// where those are: on random graphs (tests/), and rule by rule beside each family.
#ifndef WEFT_GRAPH_PASSES_TESTING_TEST_OPS_H_
#define WEFT_GRAPH_PASSES_TESTING_TEST_OPS_H_

#include <memory>

#include "graph/ir/registry.h"

namespace weft::pass_ops {

// Float operands; only what folding runs has a reference that computes.
//   constant(value)  full(type, value)  dim_size(dim)
//   add, mul, sub, neg, relu   elementwise with NumPy broadcasting; add and mul commute. f32 has tile kernels, f64 none
//   broadcast_to(x, shape)     is_broadcast
//   reshape(x, shape)          a view
//   noise(shape, stream)       is_random
//   halves(x)                  two results
//   scale(x, by, twice)        in a loop, an invariant `by` is doubled before it
//   matmul(a, b)               epilogue host matmul_epilogue; b may lie in panels
//   matmul_scale(a, b, by, twice)   two results: matmul(a, b) and scale(b, by, twice)
//   matmul_epilogue, program, matmul_scale   fused
// Rules: add_zero (x + -0 -> x), mul_one, neg_neg, reshape_reshape; mul_zero (x * 0 -> 0), which is inexact.
std::unique_ptr<OpRegistry> MakeRegistry();

// The same, made once and never destroyed.
const OpRegistry& Registry();

}  // namespace weft::pass_ops

#endif  // WEFT_GRAPH_PASSES_TESTING_TEST_OPS_H_
