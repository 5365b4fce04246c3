// Reductions over axes.
//
// Axes may be negative, counting from the end; none given means all. A reduction over no elements gives the neutral
// element: sum 0, product 1, maximum -inf (the lowest integer), minimum +inf (the highest).
//
// THE ORDER OF SUMS (float32) is part of the ops' definition, a function of shape and axes alone; so the result has the
// same bits on every instruction set and for any number of threads. A node reduces neighbouring axes, as if they were
// one of size n:
//   - the last axis is among them: 64 virtual lanes. Element i goes to lane i mod 64, a lane takes its elements in
//     ascending order, then lane i is joined with lane i + 32, with i + 16 ... (core/simd/sum.h);
//   - otherwise: chunks of 256 positions, counted from 0. A chunk is a chain that begins with 0 + x[0], and the chunks'
//     sums are added in ascending order. So micro-batches of 256 rows add up to the bits of the whole batch.
// Axes that are not neighbours are reduced group by group, the last group first, each by a node of its own. Products
// use the same order. In f32, maximum and minimum propagate NaN, and -0 < +0.
//
// f64 is computed by the reference, in index order. Integers wrap.
#ifndef WEFT_OPS_REDUCE_REDUCE_H_
#define WEFT_OPS_REDUCE_REDUCE_H_

#include <vector>

#include "graph/ir/builder.h"

namespace weft {

struct ReduceOptions {
  std::vector<int> axes = {};  // empty: all
  bool keepdims = false;       // reduced axes stay, with size 1
  SourceLocation where = SourceLocation::current();
};

// Sum and product: any number type (a bool: Cast it first). Maximum and minimum: any type; of bools, or and and.
Value ReduceSum(Value x, ReduceOptions options = {});
Value ReduceProd(Value x, ReduceOptions options = {});
Value ReduceMax(Value x, ReduceOptions options = {});
Value ReduceMin(Value x, ReduceOptions options = {});
// ReduceSum(x) / n, n being the number of elements reduced; floats only. Symbolic n: the value of the dims.
Value ReduceMean(Value x, ReduceOptions options = {});
// log(sum(exp(x))), computed as m + log(sum(exp(x - m))) with m = max(x), or 0 where that is not finite. Floats only.
Value LogSumExp(Value x, ReduceOptions options = {});

// The index (i64) of the first maximum, or minimum, along `axis`, which is dropped. A NaN counts as both; -0 equals +0.
Value ArgMax(Value x, int axis = -1, SourceLocation where = SourceLocation::current());
Value ArgMin(Value x, int axis = -1, SourceLocation where = SourceLocation::current());

struct CumSumOptions {
  bool reverse = false;    // sums from the end
  bool exclusive = false;  // y[0] = 0, y[i] = x[0] + ... + x[i-1]
  SourceLocation where = SourceLocation::current();
};
// y[i] = x[0] + ... + x[i] along `axis`, one chain in index order that begins with 0.
Value CumSum(Value x, int axis, CumSumOptions options = {});

// The inverse of broadcasting: x summed over the axes that `shape` lacks or has with size 1, so that the result has
// `shape`.
Value SumToShape(Value x, const Shape& shape, SourceLocation where = SourceLocation::current());

}  // namespace weft

#endif  // WEFT_OPS_REDUCE_REDUCE_H_
