// A small set of ops for tests of graph/, which names no op: with references, and kernels of every kind that the
// executor knows. Float results are exact in float, so kernels and references agree bit for bit.
#ifndef WEFT_GRAPH_EXEC_TESTING_TEST_OPS_H_
#define WEFT_GRAPH_EXEC_TESTING_TEST_OPS_H_

#include <vector>

#include "graph/ir/builder.h"
#include "graph/ir/registry.h"

namespace weft {

// Never destroyed. Float operands: f32, or f64 (which runs on the reference).
//   constant(value)      full(type, value)    dim_size(dim)
//   add mul sub          elementwise, one shape or a scalar on either side; may lie in their operands; cut into shares
//   neg                  the same for one operand
//   cube                 x*x*x by the reference alone
//   rows_sum             [r, c] -> [r], cut into shares by rows, with scratch; no aliasing
//   total                any shape -> scalar
//   step_update          (w, m, g) -> (w - m', m' = (m + g) / 2); each may lie in its operand
//   reshape(shape)       a view
//   nap(us)              x, after that many microseconds; estimated honestly
//   flushes              f32[n]: 1 where a share ran with flush-to-zero, else 0; cut into shares
//   write_behind         x, and a byte behind the last element: a kernel with a fault
//   fails                its reference returns an error
const OpRegistry& TestOps();

namespace test_ops {
Value Constant(GraphBuilder& b, std::vector<float> values, absl::Span<const int64_t> dims);
Value Full(GraphBuilder& b, const TensorType& type, double value);
Value DimSize(GraphBuilder& b, const Dim& dim);
Value Add(Value a, Value b);
Value Mul(Value a, Value b);
Value Sub(Value a, Value b);
Value Unary(absl::string_view op, Value x);  // neg, cube, rows_sum, total, flushes, write_behind, fails
Value Reshape(Value x, const Shape& shape);
Value Nap(Value x, int64_t us);
std::vector<Value> StepUpdate(Value w, Value m, Value g);
}  // namespace test_ops

}  // namespace weft

#endif  // WEFT_GRAPH_EXEC_TESTING_TEST_OPS_H_
