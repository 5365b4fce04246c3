#include "models/initializers/variance_scaling.h"

#include <algorithm>
#include <cmath>

#include "core/status.h"
#include "models/initializers/seeded.h"
#include "ops/random/random.h"

namespace weft::initializers {
namespace {

// The standard deviation of a standard normal variable that is kept within two of them.
constexpr double kTruncatedStddev = 0.87962566103423978;

// The first of `names` that `value` is; InvalidArgument lists them.
absl::Status CheckOneOf(absl::string_view option, absl::string_view value, std::initializer_list<const char*> names) {
  std::string all;
  for (const char* name : names) {
    if (value == name) return absl::OkStatus();
    absl::StrAppend(&all, all.empty() ? "" : ", ", name);
  }
  return InvalidArgument(option, " must be one of ", all, "; received '", value, "'");
}

absl::Status Validate(const VarianceScalingOptions& options) {
  if (!(options.scale > 0 && std::isfinite(options.scale))) {
    return InvalidArgument("scale must be > 0, received ", options.scale);
  }
  WEFT_RETURN_IF_ERROR(CheckOneOf("mode", options.mode, {"fan_in", "fan_out", "fan_avg"}));
  return CheckOneOf("distribution", options.distribution,
                    {"truncated_normal", "untruncated_normal", "uniform", "normal"});
}

absl::StatusOr<Value> RecordScaled(const VarianceScalingOptions& options, GraphBuilder& builder, Value key, Value step,
                                   const TensorType& type) {
  WEFT_RETURN_IF_ERROR(Validate(options));
  WEFT_RETURN_IF_ERROR(CheckWeightType(type));
  const Fans fans = ComputeFans(type.shape);
  const double n = options.mode == "fan_in" ? fans.in : options.mode == "fan_out" ? fans.out : (fans.in + fans.out) / 2;
  const double variance = options.scale / std::max(1.0, n);
  const RandomSource source = Seeded(builder, key, step, options.seed);
  if (options.distribution == "uniform") {
    const double limit = std::sqrt(3 * variance);
    return weft::RandomUniform(source.key, source.step, type, {.low = -limit, .high = limit, .stream = source.stream});
  }
  if (options.distribution == "untruncated_normal") {
    return weft::RandomNormal(source.key, source.step, type, {.stddev = std::sqrt(variance), .stream = source.stream});
  }
  const double stddev = std::sqrt(variance) / kTruncatedStddev;
  return weft::TruncatedNormal(source.key, source.step, type, {.stddev = stddev, .stream = source.stream});
}

Value RecordNamed(absl::string_view class_name, const VarianceScalingOptions& options, GraphBuilder& builder, Value key,
                  Value step, const TensorType& type) {
  absl::StatusOr<Value> value = RecordScaled(options, builder, key, step, type);
  return value.ok() ? *value : builder.Error(Annotate(value.status(), class_name));
}

}  // namespace

Fans ComputeFans(const Shape& shape) {
  const int rank = shape.rank();
  auto dim = [&](int axis) { return static_cast<double>(shape[axis].value()); };
  if (rank == 0) return {};
  if (rank == 1) return {dim(0), dim(0)};
  double window = 1;
  for (int axis = 0; axis < rank - 2; ++axis) window *= dim(axis);
  return {dim(rank - 2) * window, dim(rank - 1) * window};
}

void VarianceScaling::VisitConfig(ConfigVisitor& visitor) {
  visitor.Field("seed", options_.seed);
  visitor.Field("scale", options_.scale);
  visitor.Field("mode", options_.mode);
  visitor.Field("distribution", options_.distribution);
  visitor.MustBeNull("input_axes");
  visitor.MustBeNull("output_axes");
  visitor.Error(Validate(options_));
}

Value VarianceScaling::Record(GraphBuilder& builder, Value key, Value step, const TensorType& type) const {
  return RecordNamed(class_name(), options_, builder, key, step, type);
}

void NamedVarianceScaling::VisitConfig(ConfigVisitor& visitor) {
  visitor.Field("seed", options_.seed);
  visitor.MustBeNull("input_axes");
  visitor.MustBeNull("output_axes");
}

Value NamedVarianceScaling::Record(GraphBuilder& builder, Value key, Value step, const TensorType& type) const {
  return RecordNamed(class_name(), options_, builder, key, step, type);
}

}  // namespace weft::initializers
