#include "models/layers/pooling.h"

#include <utility>

#include "models/layers/layers_util.h"
#include "ops/pool/pool.h"

namespace weft {

PoolingLayer::PoolingLayer(int rank, bool max, Sizes pool_size, Sizes strides, std::string padding, std::string name)
    : rank_(rank),
      max_(max),
      pool_size_(std::move(pool_size)),
      strides_(std::move(strides)),
      padding_(std::move(padding)) {
  name_ = std::move(name);
  ExpandSizes(pool_size_, rank_);
  ExpandSizes(strides_, rank_);
}

void PoolingLayer::VisitConfig(ConfigVisitor& visitor) {
  VisitLayer(visitor);
  VisitSizes(visitor, "pool_size", rank_, pool_size_);
  visitor.Field("padding", padding_);
  VisitOptionalSizes(visitor, "strides", rank_, strides_);
  visitor.MustBeOrNull("data_format", "\"channels_last\"");
}

absl::Status PoolingLayer::Build(WeightBuilder& weights, absl::Span<const TensorType> inputs) {
  static_cast<void>(weights);
  WEFT_RETURN_IF_ERROR(CheckSizes("pool_size", pool_size_, rank_, 1));
  WEFT_RETURN_IF_ERROR(CheckSizes("strides", strides(), rank_, 1));
  WEFT_RETURN_IF_ERROR(ExpectSpatialFloatInput(inputs, rank_));
  return ResolvePadding(padding_, false, "pool", inputs[0], pool_size_.values, strides().values).status();
}

std::vector<Value> PoolingLayer::Call(CallContext& context, absl::Span<const Value> inputs) const {
  const absl::StatusOr<SpatialPadding> padding =
      ResolvePadding(padding_, false, "pool", inputs[0].type(), pool_size_.values, strides().values);
  if (!padding.ok()) return {context.builder().Error(padding.status())};
  Pool2DOptions options;
  options.where = SourceLocation::current();
  options.window = AsPair(pool_size_.values, 1);
  options.strides = AsPair(strides().values, 1);
  options.padding_low = AsPair(padding->low, 0);
  options.padding_high = AsPair(padding->high, 0);
  const Value x = rank_ == 1 ? AsImage(inputs[0]) : inputs[0];
  const Value y = max_ ? MaxPool2D(x, std::move(options)) : AveragePool2D(x, std::move(options));
  return {rank_ == 1 ? AsSequence(y) : y};
}

}  // namespace weft
