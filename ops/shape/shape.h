// Ops on shapes: constants, and the same elements in another arrangement.
//
// All work for every dtype (arithmetic and logic are not involved), except scatter_add, which adds, and iota, which
// counts. Shapes, starts, limits and paddings may contain symbolic dims; what cannot be proved equal at recording is an
// error then, and what depends on the value of a symbol (a slice within its operand) is checked when the symbol is
// bound. Axes given to the functions below may be negative, counting from the end; in the nodes they are not.
//
// Results are exact copies of bits, identical on every instruction set and for any number of threads; scatter_add adds
// in the order of the indices.
//
// An operand that is an error is handed on. See graph/ir/value.h.
#ifndef WEFT_OPS_SHAPE_SHAPE_H_
#define WEFT_OPS_SHAPE_SHAPE_H_

#include <vector>

#include "absl/types/span.h"
#include "graph/ir/builder.h"

namespace weft {

// ---- constants

// The tensor itself, kept in the graph. For large tensors of one number use Full.
Value Constant(GraphBuilder& builder, Tensor value, SourceLocation where = SourceLocation::current());
// A tensor of `type` whose elements are all `value` (converted as Tensor::Scalar does).
Value Full(GraphBuilder& builder, const TensorType& type, double value,
           SourceLocation where = SourceLocation::current());
// Zeros, or ones, of the type of x. They do not depend on x: no gradient flows.
Value ZerosLike(Value x, SourceLocation where = SourceLocation::current());
Value OnesLike(Value x, SourceLocation where = SourceLocation::current());
// y[..., i, ...] = i, the position along `axis`. Any dtype but bool.
Value Iota(GraphBuilder& builder, const TensorType& type, int axis, SourceLocation where = SourceLocation::current());
// The value of a dim, as an i64 scalar: DimSize(x, 0) is the batch size of x.
Value DimSize(GraphBuilder& builder, const Dim& dim, SourceLocation where = SourceLocation::current());
Value DimSize(Value x, int axis, SourceLocation where = SourceLocation::current());

// ---- the same elements in the same order

// One dim may be Dim(-1): it becomes what is left, if the other dims provably divide the number of elements. The counts
// of elements must be provably equal ([n,28,28] to [n,784]).
Value Reshape(Value x, const Shape& shape, SourceLocation where = SourceLocation::current());
// All axes but the first merged, as Keras' Flatten: [n,28,28] -> [n,784]; [n] -> [n,1].
Value Flatten(Value x, SourceLocation where = SourceLocation::current());
// A new axis of size 1, which is axis `axis` of the result: ExpandDims(f32[3], -1) is f32[3,1].
Value ExpandDims(Value x, int axis, SourceLocation where = SourceLocation::current());
// Axes of size 1 removed; an axis of another size is an error. Empty: all dims that are the constant 1.
Value Squeeze(Value x, absl::Span<const int> axes = {}, SourceLocation where = SourceLocation::current());
// x, through which no gradient flows.
Value StopGradient(Value x, SourceLocation where = SourceLocation::current());

// ---- rearranged

// NumPy broadcasting to exactly `shape`: axes of size 1 are repeated, missing leading axes are added.
Value BroadcastTo(Value x, const Shape& shape, SourceLocation where = SourceLocation::current());
// Axis i of the result is axis perm[i] of x. Empty: all axes reversed.
Value Transpose(Value x, absl::Span<const int> perm = {}, SourceLocation where = SourceLocation::current());
// Values joined along `axis`; their other dims are equal. At least one.
Value Concat(absl::Span<const Value> values, int axis, SourceLocation where = SourceLocation::current());
// `parts` pieces of equal size along `axis`; the size must be provably divisible.
std::vector<Value> Split(Value x, int parts, int axis, SourceLocation where = SourceLocation::current());
// Pieces of the given sizes, whose sum must be that of the axis; at least one.
std::vector<Value> Split(Value x, absl::Span<const Dim> sizes, int axis,
                         SourceLocation where = SourceLocation::current());

struct SliceOptions {
  Shape start = {};                  // per axis; empty: 0
  Shape limit = {};                  // per axis, exclusive; empty: the dims of x
  std::vector<int64_t> stride = {};  // per axis, >= 1; empty: 1
  SourceLocation where = SourceLocation::current();
};
// y[i, ...] = x[start + i * stride, ...]; dims ceil((limit - start) / stride). 0 <= start <= limit <= dim.
Value Slice(Value x, SliceOptions options = {});
// One axis only: [start, limit) of it.
Value SliceAxis(Value x, int axis, const Dim& start, const Dim& limit,
                SourceLocation where = SourceLocation::current());

struct PadOptions {
  Shape low = {}, high = {};           // elements added before and behind, per axis; empty: 0
  std::vector<int64_t> interior = {};  // elements added between two neighbours, per axis; empty: 0
  double value = 0;
  SourceLocation where = SourceLocation::current();
};
// y[low + i * (interior + 1), ...] = x[i, ...], `value` elsewhere; dims low + (d - 1) * (interior + 1) + 1 + high.
Value Pad(Value x, PadOptions options = {});

// The elements along these axes in opposite order.
Value Reverse(Value x, absl::Span<const int> axes, SourceLocation where = SourceLocation::current());

// ---- by index

// y[a, i, b] = x[a, indices[i], b]: axis `axis` of x replaced by the shape of `indices` (i32 or i64). An index out of
// range is clamped: below 0 it is the first, past the end the last row. Gather(table, ids) is an embedding.
Value Gather(Value x, Value indices, int axis = 0, SourceLocation where = SourceLocation::current());
// Zeros of `shape`, then for each i in ascending order y[a, indices[i], b] += updates[a, i, b]: the gradient of Gather,
// with indices clamped as there. One result whatever the threads, with duplicate indices too.
Value ScatterAdd(Value updates, Value indices, const Shape& shape, int axis = 0,
                 SourceLocation where = SourceLocation::current());
// y[..., j] = (indices[...] == j) for j < depth, as `dtype`; an index out of range gives zeros (a composition).
Value OneHot(Value indices, const Dim& depth, DType dtype = DType::kFloat32,
             SourceLocation where = SourceLocation::current());

}  // namespace weft

#endif  // WEFT_OPS_SHAPE_SHAPE_H_
