#include "ops/reduce/prod_gradient.h"

#include "ops/elementwise/elementwise.h"
#include "ops/reduce/reduce.h"
#include "ops/shape/shape.h"

namespace weft {
namespace {

// x[outer, n, inner] moved by `by` positions along the middle axis, 1 where nothing comes in.
Value Shifted(Value x, int64_t n, int64_t by, bool up) {
  PadOptions pad;
  pad.low = {0, up ? by : 0, 0};
  pad.high = {0, up ? 0 : by, 0};
  pad.value = 1;
  return Pad(up ? SliceAxis(x, 1, 0, n - by) : SliceAxis(x, 1, by, n), pad);
}

// Exclusive running products: y[i] = x[0] ... x[i-1] (up), or x[i+1] ... x[n-1].
Value RunningProduct(Value x, int64_t n, bool up) {
  Value y = Shifted(x, n, 1, up);
  for (int64_t by = 1; by < n - 1; by *= 2) y = y * Shifted(y, n, by, up);
  return y;
}

}  // namespace

Value ProductOfOthers(Value x, const std::vector<int64_t>& axes) {
  Dim outer = 1, n = 1, inner = 1;
  for (int i = 0; i < x.rank(); ++i) {
    Dim& part = i < axes.front() ? outer : i > axes.back() ? inner : n;
    part = part * x.shape()[i];
  }
  const Value flat = Reshape(x, {outer, n, inner});
  if (n.is_constant()) {
    if (n.value() <= 1) return OnesLike(x);
    const Value before = RunningProduct(flat, n.value(), true), after = RunningProduct(flat, n.value(), false);
    return Reshape(before * after, x.shape());
  }
  // [outer, which one is left out, element, inner]
  GraphBuilder& builder = *x.builder();
  const TensorType square{DType::kInt64, Shape{n, n, 1}};
  const Value row = Iota(builder, square, 0), column = Iota(builder, square, 1), own = Equal(row, column);
  const Value copies = BroadcastTo(ExpandDims(flat, 1), {outer, n, n, inner});
  return Reshape(ReduceProd(Select(own, 1, copies), {.axes = {2}}), x.shape());
}

}  // namespace weft
