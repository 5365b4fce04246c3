#include "models/layers/merge.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "core/status.h"
#include "models/layers/layers_util.h"
#include "ops/elementwise/elementwise.h"
#include "ops/shape/shape.h"

namespace weft {
namespace {

std::string Types(absl::Span<const TensorType> inputs) {
  std::string text;
  for (const TensorType& type : inputs) absl::StrAppend(&text, text.empty() ? "" : ", ", type.ToString());
  return text;
}

// Axes of size 1 behind the batch, so that the rank is `rank`.
Shape Expanded(const Shape& shape, int rank) {
  Shape expanded = {shape[0]};
  while (expanded.rank() + shape.rank() - 1 < rank) expanded.push_back(1);
  for (int axis = 1; axis < shape.rank(); ++axis) expanded.push_back(shape[axis]);
  return expanded;
}

int LargestRank(absl::Span<const TensorType> inputs) {
  int rank = 0;
  for (const TensorType& type : inputs) rank = std::max(rank, type.rank());
  return rank;
}

}  // namespace

absl::Status ExpectSeveralInputs(absl::Span<const TensorType> inputs) {
  if (inputs.size() < 2) return WrongNumberOfInputs("two or more inputs", inputs.size());
  for (const TensorType& type : inputs) {
    if (type.rank() < 1) return InvalidArgument("expected inputs with a batch axis, received ", Types(inputs));
    if (type.dtype != inputs[0].dtype || type.dtype == DType::kBool) {
      return InvalidArgument("expected inputs of one number type, received ", Types(inputs));
    }
    if (type.shape[0] != inputs[0].shape[0]) {
      return InvalidArgument("expected inputs with as many samples, received ", Types(inputs));
    }
  }
  return absl::OkStatus();
}

absl::Status MergeLayer::Build(WeightBuilder& weights, absl::Span<const TensorType> inputs) {
  static_cast<void>(weights);
  WEFT_RETURN_IF_ERROR(ExpectSeveralInputs(inputs));
  const int rank = LargestRank(inputs);
  Shape merged = Expanded(inputs[0].shape, rank);
  for (const TensorType& type : inputs) {
    absl::StatusOr<Shape> shape = BroadcastShapes(merged, Expanded(type.shape, rank));
    if (!shape.ok()) return InvalidArgument("expected inputs that broadcast to one shape, received ", Types(inputs));
    merged = *shape;
  }
  return absl::OkStatus();
}

std::vector<Value> MergeLayer::Call(CallContext& context, absl::Span<const Value> inputs) const {
  std::vector<TensorType> types;
  for (const Value& x : inputs) types.push_back(x.type());
  const int rank = LargestRank(types);
  std::vector<Value> values, masks;
  Value any;
  bool all_masked = true;
  for (size_t i = 0; i < inputs.size(); ++i) {
    Value x = inputs[i], mask = context.mask(static_cast<int>(i));
    if (!x.ok()) return {x};
    all_masked = all_masked && mask.ok();
    if (all_masked) any = any.absent() ? mask : LogicalOr(any, mask);
    if (x.rank() < rank) {
      x = Reshape(x, Expanded(x.shape(), rank));
      mask = Value();  // its axes are not those of the result
    }
    while (mask.ok() && mask.rank() < rank) mask = ExpandDims(mask, -1);
    values.push_back(x);
    masks.push_back(mask);
  }
  if (all_masked) context.SetMask(any);
  return {Merge(values, masks)};
}

Value MergeMasked(absl::Span<const Value> inputs, absl::Span<const Value> masks, Value (*op)(Value a, Value b)) {
  Value y = inputs[0], counts = masks[0];
  for (size_t i = 1; i < inputs.size(); ++i) {
    Value x = inputs[i];
    if (masks[i].ok()) x = Select(masks[i], x, y);
    if (counts.ok()) y = Select(counts, y, x);
    counts = counts.ok() && masks[i].ok() ? LogicalOr(counts, masks[i]) : Value();
    y = op(y, x);
  }
  return y;
}

}  // namespace weft
