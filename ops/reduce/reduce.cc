#include "ops/reduce/reduce.h"

#include "core/status.h"
#include "ops/elementwise/elementwise.h"
#include "ops/shape/indexing.h"
#include "ops/shape/recording.h"
#include "ops/shape/shape.h"

namespace weft {
namespace {

absl::Status ExpectFloat(Value x) {
  if (IsFloat(x.dtype())) return absl::OkStatus();
  return InvalidArgument("expected f32 or f64, got ", x.type().ToString(), ": Cast it first");
}

// One node per group of neighbouring axes, the last group first.
Value Reduce(absl::string_view op, Value x, const ReduceOptions& options) {
  if (!x.ok()) return x;
  absl::StatusOr<std::vector<int64_t>> axes = NormalizeAxes(options.axes, x.rank());
  if (!axes.ok()) return RecordingError(op, x, options.where, axes.status());
  while (!axes->empty()) {
    std::vector<int64_t> group = {axes->back()};
    axes->pop_back();
    while (!axes->empty() && axes->back() == group.front() - 1) {
      group.insert(group.begin(), axes->back());
      axes->pop_back();
    }
    x = RecordOn(op, {x}, {{"axes", std::move(group)}, {"keepdims", options.keepdims}}, options.where);
    if (!x.ok()) return x;
  }
  return x;
}

Value RecordArg(absl::string_view op, Value x, int axis, SourceLocation where) {
  if (!x.ok()) return x;
  const absl::StatusOr<int64_t> normal = NormalizeAxis(axis, x.rank());
  if (!normal.ok()) return RecordingError(op, x, where, normal.status());
  return RecordOn(op, {x}, {{"axis", *normal}}, where);
}

}  // namespace

Value ReduceSum(Value x, ReduceOptions options) { return Reduce("reduce_sum", x, options); }
Value ReduceProd(Value x, ReduceOptions options) { return Reduce("reduce_prod", x, options); }
Value ReduceMax(Value x, ReduceOptions options) { return Reduce("reduce_max", x, options); }
Value ReduceMin(Value x, ReduceOptions options) { return Reduce("reduce_min", x, options); }

Value ReduceMean(Value x, ReduceOptions options) {
  if (!x.ok()) return x;
  absl::StatusOr<std::vector<int64_t>> axes = NormalizeAxes(options.axes, x.rank());
  absl::Status status = axes.status();
  if (status.ok()) status = ExpectFloat(x);
  if (!status.ok()) return RecordingError("reduce_mean", x, options.where, status);
  Dim n = 1;
  for (int64_t axis : *axes) n = n * x.shape()[static_cast<int>(axis)];
  const SourceLocation where = options.where;
  const Value sum = ReduceSum(x, std::move(options));
  if (n.is_constant()) return Div(sum, ValueAt(static_cast<double>(n.value()), where), where);
  return Div(sum, Cast(DimSize(*x.builder(), n, where), x.dtype(), where), where);
}

Value LogSumExp(Value x, ReduceOptions options) {
  if (!x.ok()) return x;
  if (absl::Status status = ExpectFloat(x); !status.ok()) {
    return RecordingError("log_sum_exp", x, options.where, status);
  }
  const SourceLocation where = options.where;
  ReduceOptions kept = options;
  kept.keepdims = true;
  // The maximum cancels out of the value, so it takes no part in the gradient. Where it is infinite, x - m would be
  // NaN.
  Value m = StopGradient(ReduceMax(x, kept), where);
  m = Select(IsFinite(m, where), m, ValueAt(0, where), where);
  Value y = Add(Log(ReduceSum(Exp(Sub(x, m, where), where), kept), where), m, where);
  if (options.keepdims || !y.ok()) return y;
  absl::StatusOr<std::vector<int64_t>> axes = NormalizeAxes(options.axes, x.rank());
  if (!axes.ok()) return y;  // reported by ReduceMax
  Shape shape;
  for (int i = 0, k = 0; i < x.rank(); ++i) {
    if (k < static_cast<int>(axes->size()) && (*axes)[k] == i) {
      ++k;
    } else {
      shape.push_back(x.shape()[i]);
    }
  }
  return Reshape(y, shape, where);
}

Value ArgMax(Value x, int axis, SourceLocation where) { return RecordArg("argmax", x, axis, where); }
Value ArgMin(Value x, int axis, SourceLocation where) { return RecordArg("argmin", x, axis, where); }

Value CumSum(Value x, int axis, CumSumOptions options) {
  if (!x.ok()) return x;
  const absl::StatusOr<int64_t> normal = NormalizeAxis(axis, x.rank());
  if (!normal.ok()) return RecordingError("cumsum", x, options.where, normal.status());
  return RecordOn("cumsum", {x}, {{"axis", *normal}, {"reverse", options.reverse}, {"exclusive", options.exclusive}},
                  options.where);
}

Value SumToShape(Value x, const Shape& shape, SourceLocation where) {
  if (!x.ok() || x.shape() == shape) return x;
  const int lead = x.rank() - shape.rank();
  ReduceOptions options;
  options.where = where;
  options.keepdims = lead == 0;  // then no reshape stands between the sum and what fuses with it
  for (int i = 0; i < x.rank(); ++i) {
    if (i < lead || (shape[i - lead] == Dim(1) && x.shape()[i] != Dim(1))) options.axes.push_back(i);
  }
  if (!options.axes.empty()) x = ReduceSum(x, std::move(options));
  if (!x.ok() || x.shape() == shape) return x;
  return Reshape(x, shape, where);
}

}  // namespace weft
