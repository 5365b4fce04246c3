#include "models/layers/zero_padding.h"

#include <utility>

#include "models/layers/layers_util.h"
#include "ops/shape/shape.h"

namespace weft {

ZeroPadding1DLayer::ZeroPadding1DLayer(ZeroPadding1DOptions options) : options_(std::move(options)) {
  name_ = options_.name;
  ExpandSizes(options_.padding, 2);
}

void ZeroPadding1DLayer::VisitConfig(ConfigVisitor& visitor) {
  VisitLayer(visitor);
  VisitSizes(visitor, "padding", 2, options_.padding);
  visitor.MustBeOrNull("data_format", "\"channels_last\"");
}

absl::Status ZeroPadding1DLayer::Build(WeightBuilder& weights, absl::Span<const TensorType> inputs) {
  static_cast<void>(weights);
  WEFT_RETURN_IF_ERROR(CheckSizePair("padding", options_.padding));
  return ExpectSpatialInput(inputs, 1);
}

std::vector<Value> ZeroPadding1DLayer::Call(CallContext& context, absl::Span<const Value> inputs) const {
  static_cast<void>(context);
  const std::vector<int64_t>& padding = options_.padding.values;
  return {Pad(inputs[0], {.low = {0, padding[0], 0}, .high = {0, padding[1], 0}})};
}

ZeroPadding2DLayer::ZeroPadding2DLayer(ZeroPadding2DOptions options) : options_(std::move(options)) {
  name_ = options_.name;
}

void ZeroPadding2DLayer::VisitConfig(ConfigVisitor& visitor) {
  VisitLayer(visitor);
  VisitImageEnds(visitor, "padding", options_.padding);
  visitor.MustBeOrNull("data_format", "\"channels_last\"");
}

absl::Status ZeroPadding2DLayer::Build(WeightBuilder& weights, absl::Span<const TensorType> inputs) {
  static_cast<void>(weights);
  WEFT_RETURN_IF_ERROR(CheckEnds("padding", options_.padding.rows));
  WEFT_RETURN_IF_ERROR(CheckEnds("padding", options_.padding.columns));
  return ExpectSpatialInput(inputs, 2);
}

std::vector<Value> ZeroPadding2DLayer::Call(CallContext& context, absl::Span<const Value> inputs) const {
  static_cast<void>(context);
  const auto& [rows, columns] = options_.padding;
  return {Pad(inputs[0], {.low = {0, rows.low, columns.low, 0}, .high = {0, rows.high, columns.high, 0}})};
}

}  // namespace weft
