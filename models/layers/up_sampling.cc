#include "models/layers/up_sampling.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "graph/ir/registry.h"
#include "models/layers/layers_util.h"
#include "ops/elementwise/elementwise.h"
#include "ops/shape/shape.h"

namespace weft {
namespace {

// Each element along the axis `factor` times.
Value Repeat(Value x, int axis, int64_t factor) {
  if (!x.ok() || factor == 1) return x;
  Shape apart, repeated, merged = x.shape();
  for (int i = 0; i < x.rank(); ++i) {
    apart.push_back(x.shape()[i]);
    repeated.push_back(x.shape()[i]);
    if (i != axis) continue;
    apart.push_back(1);
    repeated.push_back(factor);
  }
  merged[axis] = merged[axis] * Dim(factor);
  return Reshape(BroadcastTo(Reshape(x, apart), repeated), merged);
}

// Between two neighbours: y_i = x[first_i] (1 - share_i) + x[first_i + 1] share_i.
Value Interpolate(GraphBuilder& builder, Value x, int axis, int64_t factor) {
  if (!x.ok() || factor == 1) return x;
  const int64_t n = x.shape()[axis].value(), out = n * factor;
  std::vector<int32_t> first(static_cast<size_t>(out)), second(first.size());
  std::vector<double> share(first.size());
  for (int64_t i = 0; i < out; ++i) {
    const double at = (static_cast<double>(i) + 0.5) / static_cast<double>(factor) - 0.5;
    const double inside = std::clamp(at, 0.0, static_cast<double>(n - 1));
    const auto k = static_cast<size_t>(i);
    first[k] = static_cast<int32_t>(std::floor(inside));
    second[k] = static_cast<int32_t>(std::min<int64_t>(first[k] + 1, n - 1));
    share[k] = inside - std::floor(inside);
  }
  absl::StatusOr<Tensor> a = Tensor::FromVector<int32_t>(first, {out}), b = Tensor::FromVector<int32_t>(second, {out});
  Dims dims(static_cast<size_t>(x.rank() - axis), 1);  // along the axis, behind which all others broadcast
  dims[0] = out;
  absl::StatusOr<Tensor> wide = Tensor::FromVector<double>(share, dims);
  for (const absl::Status& status : {a.status(), b.status(), wide.status()}) {
    if (!status.ok()) return builder.Error(status);
  }
  const Value w = Cast(Constant(builder, *wide), x.dtype());
  return Gather(x, Constant(builder, *a), axis) * (1 - w) + Gather(x, Constant(builder, *b), axis) * w;
}

}  // namespace

UpSampling1DLayer::UpSampling1DLayer(UpSampling1DOptions options) : options_(std::move(options)) {
  name_ = options_.name;
}

void UpSampling1DLayer::VisitConfig(ConfigVisitor& visitor) {
  VisitLayer(visitor);
  visitor.Field("size", options_.size);
}

absl::Status UpSampling1DLayer::Build(WeightBuilder& weights, absl::Span<const TensorType> inputs) {
  static_cast<void>(weights);
  WEFT_RETURN_IF_ERROR(CheckSizes("size", Sizes(options_.size), 1, 1));
  return ExpectSpatialInput(inputs, 1);
}

std::vector<Value> UpSampling1DLayer::Call(CallContext& context, absl::Span<const Value> inputs) const {
  static_cast<void>(context);
  return {Repeat(inputs[0], 1, options_.size)};
}

UpSampling2DLayer::UpSampling2DLayer(UpSampling2DOptions options) : options_(std::move(options)) {
  name_ = options_.name;
  ExpandSizes(options_.size, 2);
}

void UpSampling2DLayer::VisitConfig(ConfigVisitor& visitor) {
  VisitLayer(visitor);
  VisitSizes(visitor, "size", 2, options_.size);
  visitor.MustBeOrNull("data_format", "\"channels_last\"");
  visitor.Field("interpolation", options_.interpolation);
}

absl::Status UpSampling2DLayer::Build(WeightBuilder& weights, absl::Span<const TensorType> inputs) {
  static_cast<void>(weights);
  WEFT_RETURN_IF_ERROR(CheckSizes("size", options_.size, 2, 1));
  WEFT_RETURN_IF_ERROR(ExpectSpatialInput(inputs, 2));
  if (options_.interpolation == "nearest") return absl::OkStatus();
  if (options_.interpolation != "bilinear") {
    const std::string nearest = Nearest(options_.interpolation, {"nearest", "bilinear"});
    return InvalidArgument("interpolation '", options_.interpolation, "' is not supported",
                           nearest.empty() ? "" : absl::StrCat("; did you mean '", nearest, "'?"),
                           " (there are 'nearest', 'bilinear')");
  }
  for (int axis : {1, 2}) {
    const Dim& size = inputs[0].shape[axis];
    if (size.is_constant() && size.value() >= 1) continue;
    return InvalidArgument("interpolation 'bilinear' needs a known height and width, received ", inputs[0].ToString());
  }
  return ExpectOneFloatInput(inputs);
}

std::vector<Value> UpSampling2DLayer::Call(CallContext& context, absl::Span<const Value> inputs) const {
  const std::vector<int64_t>& size = options_.size.values;
  if (options_.interpolation == "nearest") return {Repeat(Repeat(inputs[0], 1, size[0]), 2, size[1])};
  GraphBuilder& builder = context.builder();
  return {Interpolate(builder, Interpolate(builder, inputs[0], 1, size[0]), 2, size[1])};
}

}  // namespace weft
