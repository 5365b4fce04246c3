#include "ops/norm/norm.h"

#include <algorithm>

#include "core/status.h"
#include "ops/elementwise/elementwise.h"
#include "ops/reduce/reduce.h"
#include "ops/shape/indexing.h"
#include "ops/shape/recording.h"
#include "ops/shape/shape.h"

namespace weft {
namespace {

constexpr double kMaskedCountEpsilon = 1e-7;  // keras.config.epsilon()

absl::Status ExpectFloat(Value x) {
  if (IsFloat(x.dtype())) return absl::OkStatus();
  return InvalidArgument("expected f32 or f64, received ", x.type().ToString(), ": Cast it first");
}

// Axes sorted, in [0, rank); at least one is named.
absl::StatusOr<std::vector<int64_t>> CheckedAxes(Value x, absl::Span<const int> axes) {
  WEFT_RETURN_IF_ERROR(ExpectFloat(x));
  if (axes.empty()) return InvalidArgument("expected at least one axis, received none");
  return NormalizeAxes(axes, x.rank());
}

std::vector<int> AxesBut(int rank, absl::Span<const int64_t> kept) {
  std::vector<int> axes;
  for (int i = 0; i < rank; ++i) {
    if (std::find(kept.begin(), kept.end(), i) == kept.end()) axes.push_back(i);
  }
  return axes;
}

std::vector<int> ToInts(absl::Span<const int64_t> axes) { return {axes.begin(), axes.end()}; }

bool AreTrailing(int rank, absl::Span<const int64_t> axes) {
  return axes.front() == rank - static_cast<int64_t>(axes.size());
}

// `parameter`, whose dims are those of x's `axes`, so that it broadcasts to x. Trailing axes do so as they are: no node
// is in the way of fusion.
Value Along(Value parameter, Value x, absl::Span<const int64_t> axes, absl::string_view op, absl::string_view name,
            SourceLocation where) {
  if (!parameter.ok()) return parameter;
  Shape expected, spread;
  for (int i = 0; i < x.rank(); ++i) {
    const bool taken = std::find(axes.begin(), axes.end(), i) != axes.end();
    if (taken) expected.push_back(x.shape()[i]);
    spread.push_back(taken ? x.shape()[i] : Dim(1));
  }
  if (parameter.shape() != expected || parameter.dtype() != x.dtype()) {
    const TensorType type{x.dtype(), expected};
    return RecordingError(
        op, x, where,
        InvalidArgument("expected ", name, " to be ", type.ToString(), ", received ", parameter.type().ToString()));
  }
  return AreTrailing(x.rank(), axes) ? parameter : Reshape(parameter, spread, where);
}

// sum(x) / n over the axes, where the mask is true.
Value MaskedMean(Value x, Value count, const ReduceOptions& options) {
  return Div(ReduceSum(x, options), count, options.where);
}

// How many elements of x the mask lets through, over the axes; plus 1e-7.
Value MaskedCount(Value x, Value mask, const ReduceOptions& options) {
  const SourceLocation where = options.where;
  ReduceOptions kept = options;
  kept.keepdims = true;
  const absl::StatusOr<std::vector<int64_t>> axes = NormalizeAxes(options.axes, x.rank());
  Value ones = Cast(mask, x.dtype(), where);
  while (ones.ok() && ones.rank() < x.rank()) ones = ExpandDims(ones, 0, where);
  if (!ones.ok() || !axes.ok()) return ones;
  // An axis along which the mask is repeated counts as often.
  Dim repeats = 1;
  Shape shape;
  for (int i = 0; i < x.rank(); ++i) {
    const bool reduced = std::find(axes->begin(), axes->end(), i) != axes->end();
    if (reduced && ones.shape()[i] == Dim(1)) repeats = repeats * x.shape()[i];
    if (!reduced || options.keepdims) shape.push_back(reduced ? Dim(1) : ones.shape()[i]);
  }
  Value count = ReduceSum(ones, kept);
  if (repeats.is_constant()) {
    if (repeats != Dim(1)) count = Mul(count, static_cast<double>(repeats.value()), where);
  } else {
    count = Mul(count, Cast(DimSize(*x.builder(), repeats, where), x.dtype(), where), where);
  }
  if (!options.keepdims) count = Reshape(count, shape, where);
  return Add(count, kMaskedCountEpsilon, where);
}

Value InverseDeviation(Value variance, double epsilon, SourceLocation where) {
  return Rsqrt(Add(variance, epsilon, where), where);
}

// centered * factor + offset, where `factor` is 1 / sqrt(variance + epsilon) [* scale].
Value Apply(Value centered, Value factor, Value offset, SourceLocation where) {
  const Value y = Mul(centered, factor, where);
  return offset.absent() ? y : Add(y, offset, where);
}

// x - mean is one node, which the variance and the result share: so its gradient is one sum, not two.
struct Centered {
  Value difference;      // x - mean
  Value mean, variance;  // broadcast to x
};
Centered Center(Value x, const ReduceOptions& reduce, Value mask) {
  const SourceLocation where = reduce.where;
  Centered c;
  if (mask.absent()) {
    c.mean = ReduceMean(x, reduce);
    c.difference = Sub(x, c.mean, where);
    c.variance = ReduceMean(Square(c.difference, where), reduce);
  } else {
    const Value count = MaskedCount(x, mask, reduce);
    c.mean = MaskedMean(Select(mask, x, 0.0, where), count, reduce);
    c.difference = Sub(x, c.mean, where);
    c.variance = MaskedMean(Square(Select(mask, c.difference, 0.0, where), where), count, reduce);
  }
  return c;
}

// Leading axes: what is left broadcasts to x without them.
bool AreLeading(absl::Span<const int64_t> axes) { return axes.back() == static_cast<int64_t>(axes.size()) - 1; }

}  // namespace

Moments MomentsOf(Value x, MomentsOptions options) {
  if (!x.ok()) return {x, x};
  const SourceLocation where = options.where;
  const absl::StatusOr<std::vector<int64_t>> axes = NormalizeAxes(options.axes, x.rank());
  absl::Status status = ExpectFloat(x);
  if (status.ok()) status = axes.status();
  if (!status.ok()) {
    const Value error = RecordingError("moments", x, where, status);
    return {error, error};
  }
  const bool keepdims = options.keepdims || (!axes->empty() && !AreLeading(*axes));
  const Centered c = Center(x, {.axes = options.axes, .keepdims = keepdims, .where = where}, options.mask);
  if (keepdims == options.keepdims) return {c.mean, c.variance};
  Shape shape;
  for (int axis : AxesBut(x.rank(), *axes)) shape.push_back(x.shape()[axis]);
  return {Reshape(c.mean, shape, where), Reshape(c.variance, shape, where)};
}

Value NormalizeWith(Value x, Value mean, Value variance, BatchNormOptions options) {
  if (!x.ok()) return x;
  constexpr char kOp[] = "batch_normalize";
  const SourceLocation where = options.where;
  const absl::StatusOr<std::vector<int64_t>> axes = CheckedAxes(x, {options.axis});
  if (!axes.ok()) return RecordingError(kOp, x, where, axes.status());
  auto along = [&](Value v, absl::string_view name) { return Along(v, x, *axes, kOp, name, where); };
  Value factor = InverseDeviation(along(variance, "variance"), options.epsilon, where);
  if (!options.scale.absent()) factor = Mul(factor, along(options.scale, "scale"), where);
  return Apply(Sub(x, along(mean, "mean"), where), factor, along(options.offset, "offset"), where);
}

BatchNormResult BatchNormalize(Value x, BatchNormOptions options) {
  if (!x.ok()) return {x, x, x};
  constexpr char kOp[] = "batch_normalize";
  const SourceLocation where = options.where;
  const absl::StatusOr<std::vector<int64_t>> axes = CheckedAxes(x, {options.axis});
  absl::Status status = axes.status();
  if (status.ok() && x.rank() < 2) {
    status = InvalidArgument("expected an axis of features and one of samples, received ", x.type().ToString());
  }
  if (status.ok() && options.mask.ok()) {
    TensorType expected{DType::kBool, {}};
    for (int i = 0; i + 1 < x.rank(); ++i) expected.shape.push_back(x.shape()[i]);
    if (options.mask.type() != expected) {
      status = InvalidArgument("expected a mask ", expected.ToString(), ", received ", options.mask.type().ToString());
    }
  }
  if (!status.ok()) {
    const Value error = RecordingError(kOp, x, where, status);
    return {error, error, error};
  }
  const Value mask = options.mask.absent() ? options.mask : ExpandDims(options.mask, -1, where);
  const bool last = axes->front() == x.rank() - 1;
  const Centered c = Center(x, {.axes = AxesBut(x.rank(), *axes), .keepdims = !last, .where = where}, mask);
  auto along = [&](Value v, absl::string_view name) { return Along(v, x, *axes, kOp, name, where); };
  Value factor = InverseDeviation(c.variance, options.epsilon, where);
  if (!options.scale.absent()) factor = Mul(factor, along(options.scale, "scale"), where);
  BatchNormResult result{Apply(c.difference, factor, along(options.offset, "offset"), where), c.mean, c.variance};
  if (!last) {
    const Shape features = {x.shape()[static_cast<int>(axes->front())]};
    result.mean = Reshape(result.mean, features, where);
    result.variance = Reshape(result.variance, features, where);
  }
  return result;
}

Value LayerNormalize(Value x, LayerNormOptions options) {
  if (!x.ok()) return x;
  constexpr char kOp[] = "layer_normalize";
  const SourceLocation where = options.where;
  const absl::StatusOr<std::vector<int64_t>> axes = CheckedAxes(x, options.axes);
  if (!axes.ok()) return RecordingError(kOp, x, where, axes.status());
  const Centered c = Center(x, {.axes = ToInts(*axes), .keepdims = true, .where = where}, Value());
  Value y = Mul(c.difference, InverseDeviation(c.variance, options.epsilon, where), where);
  if (!options.scale.absent()) y = Mul(y, Along(options.scale, x, *axes, kOp, "scale", where), where);
  return options.offset.absent() ? y : Add(y, Along(options.offset, x, *axes, kOp, "offset", where), where);
}

// Sums are taken over the positions first, per channel, then over a group's channels: x itself is read as it lies.
Value GroupNormalize(Value x, GroupNormOptions options) {
  if (!x.ok()) return x;
  constexpr char kOp[] = "group_normalize";
  const SourceLocation where = options.where;
  const absl::StatusOr<std::vector<int64_t>> axes = CheckedAxes(x, {options.axis});
  absl::Status status = axes.status();
  Dim per_group;
  if (status.ok()) {
    const int64_t axis = axes->front();
    const Dim channels = x.shape()[static_cast<int>(axis)];
    const absl::StatusOr<Dim> ratio = options.groups > 0 ? ExactDiv(channels, Dim(options.groups)) : Dim(0);
    if (axis == 0) {
      status = InvalidArgument("axis 0 is the batch, not that of the channels");
    } else if (options.groups < 1 || !ratio.ok()) {
      status = InvalidArgument("the ", channels.ToString(), " channels of ", x.type().ToString(),
                               " cannot be divided among ", options.groups, " groups");
    } else {
      per_group = *ratio;
    }
  }
  if (!status.ok()) return RecordingError(kOp, x, where, status);

  const int axis = static_cast<int>(axes->front());
  const std::vector<int> positions = AxesBut(x.rank(), {0, axis});
  Dim count = per_group;
  Shape grouped, statistic = x.shape();  // [batch, 1 ..., groups, channels of a group, 1 ...], and without groups
  for (int position : positions) count = count * x.shape()[position], statistic[position] = 1;
  for (int i = 0; i < x.rank(); ++i) {
    if (i == axis) grouped.push_back(options.groups);
    grouped.push_back(i == axis ? per_group : statistic[i]);
  }
  const Value divisor = count.is_constant() ? Value() : Cast(DimSize(*x.builder(), count, where), x.dtype(), where);
  // The mean over each group, for each of its channels: [batch, 1 ..., channels, 1 ...].
  auto mean_of = [&](Value v) {
    if (!positions.empty()) v = ReduceSum(v, {.axes = positions, .keepdims = true, .where = where});
    v = ReduceSum(Reshape(v, grouped, where), {.axes = {axis + 1}, .keepdims = true, .where = where});
    v = count.is_constant() ? Div(v, static_cast<double>(count.value()), where) : Div(v, divisor, where);
    return Reshape(BroadcastTo(v, grouped, where), statistic, where);
  };
  const Value centered = Sub(x, mean_of(x), where);
  Value factor = InverseDeviation(mean_of(Square(centered, where)), options.epsilon, where);
  if (!options.scale.absent()) factor = Mul(factor, Along(options.scale, x, *axes, kOp, "scale", where), where);
  return Apply(centered, factor, Along(options.offset, x, *axes, kOp, "offset", where), where);
}

Value RmsNormalize(Value x, RmsNormOptions options) {
  if (!x.ok()) return x;
  constexpr char kOp[] = "rms_normalize";
  const SourceLocation where = options.where;
  const absl::StatusOr<std::vector<int64_t>> axes = CheckedAxes(x, options.axes);
  if (!axes.ok()) return RecordingError(kOp, x, where, axes.status());
  const Value mean = ReduceMean(Square(x, where), {.axes = ToInts(*axes), .keepdims = true, .where = where});
  const Value y = Mul(x, InverseDeviation(mean, options.epsilon, where), where);
  return options.scale.absent() ? y : Mul(y, Along(options.scale, x, *axes, kOp, "scale", where), where);
}

Value UnitNormalize(Value x, UnitNormOptions options) {
  if (!x.ok()) return x;
  const SourceLocation where = options.where;
  const absl::StatusOr<std::vector<int64_t>> axes = CheckedAxes(x, options.axes);
  if (!axes.ok()) return RecordingError("unit_normalize", x, where, axes.status());
  const Value squares = ReduceSum(Square(x, where), {.axes = ToInts(*axes), .keepdims = true, .where = where});
  // The bound is on the sum, not on its root: at 0 the derivative of the root is infinite.
  return Mul(x, Rsqrt(Maximum(squares, options.epsilon * options.epsilon, where), where), where);
}

}  // namespace weft
