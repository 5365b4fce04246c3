// Elementwise ops: y[i] = f(a[i], b[i], ...).
//
// Operands broadcast as in NumPy. Arithmetic takes operands of one dtype (there is no silent conversion: Cast one of
// them); a literal takes the dtype of the other operand. Which dtypes an op takes, its formula and its behaviour at the
// edges stand in elementwise_ops.inc and docs/ops.md.
//
//   Value loss = Square(y - target) * 0.5;
//
// Results are the same bits on every instruction set and for any number of threads. Any chain of these ops is fused
// into one elementwise program (see tile_program.h), which changes no bit.
//
// An operand that is an error is handed on; a mistake makes GraphBuilder::Build() return an error with op, types and
// file:line. See graph/ir/value.h.
#ifndef WEFT_OPS_ELEMENTWISE_ELEMENTWISE_H_
#define WEFT_OPS_ELEMENTWISE_ELEMENTWISE_H_

#include <vector>

#include "absl/types/span.h"
#include "graph/ir/builder.h"

namespace weft {

// Value Exp(Value x), Value Add(ValueAt a, ValueAt b), ...: one per row of elementwise_ops.inc.
#define WEFT_UNARY(Function, op, Class, Diff, ulp, cycles, formula) \
  Value Function(Value x, SourceLocation where = SourceLocation::current());
#define WEFT_BINARY(Function, op, Class, Diff, commutative, ulp, cycles, formula) \
  Value Function(ValueAt a, ValueAt b, SourceLocation where = SourceLocation::current());
#define WEFT_COMPARE(Function, op, commutative, cycles, formula) \
  Value Function(ValueAt a, ValueAt b, SourceLocation where = SourceLocation::current());
#define WEFT_PREDICATE(Function, op, cycles, formula) \
  Value Function(Value x, SourceLocation where = SourceLocation::current());
#include "ops/elementwise/elementwise_ops.inc"

// min(max(x, low), high) for a numeric x; NaN stays NaN. REQUIRES: low <= high, neither NaN; -inf or inf leaves a side
// open. For integers the bounds must be integral, or infinite. The gradient passes where low <= x <= high.
Value Clip(Value x, double low, double high, SourceLocation where = SourceLocation::current());

// a where `condition` (bool), else b. a and b are of one dtype, any; at least one of them is no literal. What stands in
// the other branch, NaN included, has no influence on the result; but mind that its gradient is 0 times whatever its
// derivative is: guard its operand (Log(Maximum(x, tiny))), not its result.
Value Select(Value condition, ValueAt a, ValueAt b, SourceLocation where = SourceLocation::current());

// x converted to `dtype`. Float to float rounds to the nearest even. To an integer from a float: towards zero, the
// nearest end if out of range, NaN gives 0; from an integer: wraps. To bool: x != 0 (so NaN is true). Between floats
// the gradient is converted back; any other conversion has none.
Value Cast(Value x, DType dtype, SourceLocation where = SourceLocation::current());

// The body, a function over scalars (inputs, constants and elementwise ops only), on every element: inputs broadcast to
// one shape, which all outputs have. The last `joined` of them are one Value, side by side along the last axis. Made by
// the fuse pass: has no gradient and cannot be saved.
std::vector<Value> ElementwiseProgram(GraphBuilder& builder, GraphPtr body, absl::Span<const Value> inputs,
                                      int joined = 0, SourceLocation where = SourceLocation::current());

// x + 1, 2 * x, -x ...: the operand remembers file:line.
inline Value operator+(ValueAt a, ValueAt b) { return Add(a, b, a.where()); }
inline Value operator-(ValueAt a, ValueAt b) { return Sub(a, b, a.where()); }
inline Value operator*(ValueAt a, ValueAt b) { return Mul(a, b, a.where()); }
inline Value operator/(ValueAt a, ValueAt b) { return Div(a, b, a.where()); }
inline Value operator-(ValueAt x) { return Neg(x.value(), x.where()); }

}  // namespace weft

#endif  // WEFT_OPS_ELEMENTWISE_ELEMENTWISE_H_
