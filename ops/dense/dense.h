// Matrix products.
//
//   Value z = MatMul(x, w) + b;                          // [batch, in] x [in, out]
//   Value scores = MatMul(q, k, {.transpose_b = true});  // [..., t, d] x [..., s, d] -> [..., t, s]
//
// Fused by the passes with the elementwise work behind them (matmul_epilogue), and a weight's gradient with the bias'
// gradient and both updates (dense_update): a Dense layer in training is one forward, one input gradient and one update
// kernel.
#ifndef WEFT_OPS_DENSE_DENSE_H_
#define WEFT_OPS_DENSE_DENSE_H_

#include <cstdint>

#include "graph/ir/builder.h"

namespace weft {

// Rows (of a batch, of positions, of time steps) that one chain of a sum over rows takes in: see MatMulOptions::chunk.
inline constexpr int64_t kRowChunk = 256;

struct MatMulOptions {
  bool transpose_a = false;  // a is [..., k, m]
  bool transpose_b = false;  // b is [..., n, k]
  // The order of summation, which is part of what the op means. 0: each element is one chain of fused multiply-adds
  // over ascending k, from 0: for a contraction over features. c > 0: chains over c consecutive k's each, all from 0,
  // added in ascending order: for a contraction over rows, so that batches of c rows accumulate to the bits of the
  // whole.
  int64_t chunk = 0;
  SourceLocation where = SourceLocation::current();
};

// y[..., i, j] = sum over l of a[..., i, l] * b[..., l, j], of shape [..., m, n].
//
// a and b have rank >= 2 (reshape a vector to [1, n] or [n, 1]) and one dtype, any but bool; their leading dims
// broadcast as in NumPy, so b of rank 2 is applied to every row of a. k = 0 gives zeros. An integer product wraps.
// Gradient, of any order: dA = dY B^T, one chain; dB = A^T dY, over rows, hence in chunks of kRowChunk (the product's
// own chunk is taken to say what k counts: where it is not 0, rows, m and n count features, and both gradients are one
// chain). Sums over broadcast leading dims follow.
Value MatMul(Value a, Value b, MatMulOptions options = {});

// ---- what the passes make of it

// (a, b, extras...; attributes of matmul, body) -> the body's outputs, each of the product's shape. The body is a
// function over scalars; its input 0 is an element of the product, its other inputs are those of the extras, which
// broadcast to the product's shape. An output lies in kPanels64 if one of the extras does.
inline constexpr char kMatMulOp[] = "matmul";
inline constexpr char kMatMulEpilogueOp[] = "matmul_epilogue";
// (a, b, extras...; attributes of matmul, gates, body) -> the outputs of body, each of shape [m, n / gates]. The
// columns of the product fall into `gates` equal parts, as in a recurrent cell; the body sees an element of each part:
// its inputs 0
// ... gates - 1 are elements (i, j), (i, n / gates + j) ... of the product; then, for each extra with n columns as many
// inputs in the same order, for any other extra one, which broadcasts to [m, n / gates]. REQUIRES: rank 2; gates > 1
// divides n.
inline constexpr char kMatMulGatesOp[] = "matmul_gates";
// (a, b, extras of body..., extras of sum_body...; attributes of matmul, body, sum_body, num_body_extras) -> the
// outputs of body, as above; then the outputs of sum_body, [n], whose input 0 is the sum of b's rows in the order of
// reduce_sum over axis 0. REQUIRES: transpose_a, not transpose_b, rank 2.
inline constexpr char kDenseUpdateOp[] = "dense_update";

}  // namespace weft

#endif  // WEFT_OPS_DENSE_DENSE_H_
