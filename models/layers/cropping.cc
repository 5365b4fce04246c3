#include "models/layers/cropping.h"

#include <utility>

#include "models/layers/layers_util.h"
#include "ops/shape/shape.h"

namespace weft {
namespace {

absl::Status CheckCropping(const Ends& ends, const TensorType& input, int axis) {
  WEFT_RETURN_IF_ERROR(CheckEnds("cropping", ends));
  const Dim& size = input.shape[axis];
  if (!size.is_constant() || ends.low + ends.high < size.value()) return absl::OkStatus();
  return InvalidArgument("cropping (", ends.low, ", ", ends.high, ") leaves nothing of axis ", axis, " of the input ",
                         input.ToString());
}

Value Crop(Value x, int axis, const Ends& ends) {
  if (!x.ok() || (ends.low == 0 && ends.high == 0)) return x;
  return SliceAxis(x, axis, ends.low, x.shape()[axis] - Dim(ends.high));
}

Ends EndsOf(const Sizes& sizes) { return {sizes.values[0], sizes.values[1]}; }

}  // namespace

Cropping1DLayer::Cropping1DLayer(Cropping1DOptions options) : options_(std::move(options)) {
  name_ = options_.name;
  ExpandSizes(options_.cropping, 2);
}

void Cropping1DLayer::VisitConfig(ConfigVisitor& visitor) {
  VisitLayer(visitor);
  VisitSizes(visitor, "cropping", 2, options_.cropping);
}

absl::Status Cropping1DLayer::Build(WeightBuilder& weights, absl::Span<const TensorType> inputs) {
  static_cast<void>(weights);
  WEFT_RETURN_IF_ERROR(CheckSizePair("cropping", options_.cropping));
  WEFT_RETURN_IF_ERROR(ExpectSpatialInput(inputs, 1));
  return CheckCropping(EndsOf(options_.cropping), inputs[0], 1);
}

std::vector<Value> Cropping1DLayer::Call(CallContext& context, absl::Span<const Value> inputs) const {
  static_cast<void>(context);
  return {Crop(inputs[0], 1, EndsOf(options_.cropping))};
}

Cropping2DLayer::Cropping2DLayer(Cropping2DOptions options) : options_(std::move(options)) { name_ = options_.name; }

void Cropping2DLayer::VisitConfig(ConfigVisitor& visitor) {
  VisitLayer(visitor);
  VisitImageEnds(visitor, "cropping", options_.cropping);
  visitor.MustBeOrNull("data_format", "\"channels_last\"");
}

absl::Status Cropping2DLayer::Build(WeightBuilder& weights, absl::Span<const TensorType> inputs) {
  static_cast<void>(weights);
  WEFT_RETURN_IF_ERROR(ExpectSpatialInput(inputs, 2));
  WEFT_RETURN_IF_ERROR(CheckCropping(options_.cropping.rows, inputs[0], 1));
  return CheckCropping(options_.cropping.columns, inputs[0], 2);
}

std::vector<Value> Cropping2DLayer::Call(CallContext& context, absl::Span<const Value> inputs) const {
  static_cast<void>(context);
  return {Crop(Crop(inputs[0], 1, options_.cropping.rows), 2, options_.cropping.columns)};
}

}  // namespace weft
