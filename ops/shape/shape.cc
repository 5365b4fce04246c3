#include "ops/shape/shape.h"

#include <algorithm>

#include "core/status.h"
#include "ops/shape/indexing.h"
#include "ops/shape/recording.h"

namespace weft {
namespace {

std::vector<int64_t> Widened(absl::Span<const int> values) {
  return std::vector<int64_t>(values.begin(), values.end());
}

}  // namespace

Value Constant(GraphBuilder& builder, Tensor value, SourceLocation where) {
  return builder.Record1("constant", {}, {{"value", std::move(value)}}, where);
}

Value Full(GraphBuilder& builder, const TensorType& type, double value, SourceLocation where) {
  return builder.Record1("full", {}, {{"type", type}, {"value", value}}, where);
}

Value ZerosLike(Value x, SourceLocation where) { return x.ok() ? Full(*x.builder(), x.type(), 0, where) : x; }
Value OnesLike(Value x, SourceLocation where) { return x.ok() ? Full(*x.builder(), x.type(), 1, where) : x; }

Value Iota(GraphBuilder& builder, const TensorType& type, int axis, SourceLocation where) {
  const absl::StatusOr<int64_t> normal = NormalizeAxis(axis, type.rank());
  return builder.Record1("iota", {}, {{"type", type}, {"axis", normal.ok() ? *normal : int64_t{axis}}}, where);
}

Value DimSize(GraphBuilder& builder, const Dim& dim, SourceLocation where) {
  return builder.Record1("dim_size", {}, {{"dim", Shape{dim}}}, where);
}

Value DimSize(Value x, int axis, SourceLocation where) {
  if (!x.ok()) return x;
  const absl::StatusOr<int64_t> normal = NormalizeAxis(axis, x.rank());
  if (!normal.ok()) return RecordingError("dim_size", x, where, normal.status());
  return DimSize(*x.builder(), x.shape()[static_cast<int>(*normal)], where);
}

Value Reshape(Value x, const Shape& shape, SourceLocation where) {
  if (!x.ok()) return x;
  Shape complete = shape;
  int unknown = -1;
  Dim known = 1;
  for (int i = 0; i < shape.rank(); ++i) {
    if (shape[i] != Dim(-1)) {
      known = known * shape[i];
    } else if (unknown >= 0) {
      return RecordingError("reshape", x, where,
                            InvalidArgument("expected at most one dim of -1, got ", shape.ToString()));
    } else {
      unknown = i;
    }
  }
  if (unknown >= 0) {
    absl::StatusOr<Dim> rest = ExactDiv(x.shape().NumElements(), known);
    if (!rest.ok()) {
      return RecordingError("reshape", x, where,
                            Annotate(rest.status(), absl::StrCat("the dim of -1 in ", shape.ToString())));
    }
    complete[unknown] = *std::move(rest);
  }
  return RecordOn("reshape", {x}, {{"shape", std::move(complete)}}, where);
}

Value Flatten(Value x, SourceLocation where) {
  if (!x.ok()) return x;
  if (x.rank() == 0) {
    return RecordingError("flatten", x, where, InvalidArgument("expected at least one axis, got a scalar"));
  }
  Dim rest = 1;
  for (int i = 1; i < x.rank(); ++i) rest = rest * x.shape()[i];
  return Reshape(x, {x.shape()[0], rest}, where);
}

Value ExpandDims(Value x, int axis, SourceLocation where) {
  if (!x.ok()) return x;
  const absl::StatusOr<int64_t> at = NormalizeAxis(axis, x.rank() + 1);
  if (!at.ok()) return RecordingError("expand_dims", x, where, at.status());
  Shape shape;
  for (int i = 0; i <= x.rank(); ++i) {
    if (i == *at) shape.push_back(1);
    if (i < x.rank()) shape.push_back(x.shape()[i]);
  }
  return Reshape(x, shape, where);
}

Value Squeeze(Value x, absl::Span<const int> axes, SourceLocation where) {
  if (!x.ok()) return x;
  std::vector<bool> drop(x.rank(), false);
  if (axes.empty()) {
    for (int i = 0; i < x.rank(); ++i) drop[i] = x.shape()[i] == Dim(1);
  } else {
    const absl::StatusOr<std::vector<int64_t>> normal = NormalizeAxes(axes, x.rank());
    if (!normal.ok()) return RecordingError("squeeze", x, where, normal.status());
    for (int64_t axis : *normal) {
      if (x.shape()[static_cast<int>(axis)] != Dim(1)) {
        return RecordingError("squeeze", x, where,
                              InvalidArgument("expected size 1 of axis ", axis, ", got ", x.type().ToString()));
      }
      drop[axis] = true;
    }
  }
  Shape shape;
  for (int i = 0; i < x.rank(); ++i) {
    if (!drop[i]) shape.push_back(x.shape()[i]);
  }
  return Reshape(x, shape, where);
}

Value StopGradient(Value x, SourceLocation where) { return RecordOn("stop_gradient", {x}, {}, where); }

Value BroadcastTo(Value x, const Shape& shape, SourceLocation where) {
  return RecordOn("broadcast_to", {x}, {{"shape", shape}}, where);
}

Value Transpose(Value x, absl::Span<const int> perm, SourceLocation where) {
  if (!x.ok()) return x;
  std::vector<int64_t> axes = Widened(perm);
  if (perm.empty()) {
    for (int i = x.rank(); i-- > 0;) axes.push_back(i);
  }
  for (int64_t& axis : axes) {
    if (axis < 0) axis += x.rank();  // what is still out of range is reported by the op
  }
  return RecordOn("transpose", {x}, {{"perm", std::move(axes)}}, where);
}

Value Concat(absl::Span<const Value> values, int axis, SourceLocation where) {
  int64_t normal = axis;
  if (!values.empty() && values[0].ok() && axis < 0) normal += values[0].rank();
  return RecordOn("concat", values, {{"axis", normal}}, where);
}

std::vector<Value> Split(Value x, int parts, int axis, SourceLocation where) {
  if (!x.ok()) return std::vector<Value>(std::max(parts, 1), x);
  absl::StatusOr<int64_t> at = NormalizeAxis(axis, x.rank());
  absl::StatusOr<Dim> size = InvalidArgument("expected at least one part, got ", parts);
  if (at.ok() && parts > 0) size = ExactDiv(x.shape()[static_cast<int>(*at)], Dim(parts));
  if (!at.ok() || !size.ok()) {
    Value error = RecordingError("split", x, where, at.ok() ? size.status() : at.status());
    return std::vector<Value>(std::max(parts, 1), error);
  }
  return Split(x, std::vector<Dim>(parts, *size), axis, where);
}

std::vector<Value> Split(Value x, absl::Span<const Dim> sizes, int axis, SourceLocation where) {
  if (!x.ok()) return std::vector<Value>(sizes.size(), x);
  absl::StatusOr<int64_t> at = NormalizeAxis(axis, x.rank());
  if (!at.ok()) return std::vector<Value>(sizes.size(), RecordingError("split", x, where, at.status()));
  if (sizes.size() == 1 && sizes[0] == x.shape()[static_cast<int>(*at)]) return {x};
  return x.builder()->Record("split", {x}, {{"axis", *at}, {"sizes", Shape(sizes)}}, where,
                             static_cast<int>(sizes.size()));
}

Value Slice(Value x, SliceOptions options) {
  if (!x.ok()) return x;
  if (options.start.rank() == 0) options.start = Shape(std::vector<Dim>(x.rank(), Dim(0)));
  if (options.limit.rank() == 0) options.limit = x.shape();
  if (options.stride.empty()) options.stride.assign(x.rank(), 1);
  return RecordOn(
      "slice", {x},
      {{"start", std::move(options.start)}, {"limit", std::move(options.limit)}, {"stride", std::move(options.stride)}},
      options.where);
}

Value SliceAxis(Value x, int axis, const Dim& start, const Dim& limit, SourceLocation where) {
  if (!x.ok()) return x;
  const absl::StatusOr<int64_t> at = NormalizeAxis(axis, x.rank());
  if (!at.ok()) return RecordingError("slice", x, where, at.status());
  SliceOptions options;
  options.start = Shape(std::vector<Dim>(x.rank(), Dim(0)));
  options.limit = x.shape();
  options.start[static_cast<int>(*at)] = start;
  options.limit[static_cast<int>(*at)] = limit;
  options.where = where;
  return Slice(x, std::move(options));
}

Value Pad(Value x, PadOptions options) {
  if (!x.ok()) return x;
  const std::vector<Dim> none(x.rank(), Dim(0));
  if (options.low.rank() == 0) options.low = Shape(none);
  if (options.high.rank() == 0) options.high = Shape(none);
  if (options.interior.empty()) options.interior.assign(x.rank(), 0);
  return RecordOn("pad", {x},
                  {{"low", std::move(options.low)},
                   {"high", std::move(options.high)},
                   {"interior", std::move(options.interior)},
                   {"value", options.value}},
                  options.where);
}

Value Reverse(Value x, absl::Span<const int> axes, SourceLocation where) {
  if (!x.ok() || axes.empty()) return x;
  absl::StatusOr<std::vector<int64_t>> normal = NormalizeAxes(axes, x.rank());
  if (!normal.ok()) return RecordingError("reverse", x, where, normal.status());
  return RecordOn("reverse", {x}, {{"axes", *std::move(normal)}}, where);
}

Value Gather(Value x, Value indices, int axis, SourceLocation where) {
  const int64_t normal = axis < 0 && x.ok() ? int64_t{axis} + x.rank() : axis;
  return RecordOn("gather", {x, indices}, {{"axis", normal}}, where);
}

Value ScatterAdd(Value updates, Value indices, const Shape& shape, int axis, SourceLocation where) {
  const int64_t normal = axis < 0 ? int64_t{axis} + shape.rank() : axis;
  return RecordOn("scatter_add", {updates, indices}, {{"shape", shape}, {"axis", normal}}, where);
}

Value OneHot(Value indices, const Dim& depth, DType dtype, SourceLocation where) {
  if (!indices.ok()) return indices;
  if (!IsInteger(indices.dtype())) {
    return RecordingError("one_hot", indices, where,
                          InvalidArgument("expected integer indices, got ", indices.type().ToString()));
  }
  // By the names of the ops, so that this family does not depend on the elementwise one. Labels are compared as they
  // are: positions are counted in their own dtype, so a depth past what u8 holds needs wider labels.
  if (indices.dtype() == DType::kUInt8 && !(depth.is_constant() && depth.value() <= 256)) {
    indices = RecordOn("cast", {indices}, {{"dtype", DType::kInt32}}, where);
  }
  Value positions = Iota(*indices.builder(), {indices.dtype(), Shape{depth}}, 0, where);
  Value hit = RecordOn("equal", {ExpandDims(indices, -1, where), positions}, {}, where);
  return dtype == DType::kBool ? hit : RecordOn("cast", {hit}, {{"dtype", dtype}}, where);
}

}  // namespace weft
