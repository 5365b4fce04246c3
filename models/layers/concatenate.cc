#include "models/layers/concatenate.h"

#include <algorithm>

#include "models/layers/layers_util.h"
#include "models/layers/merge.h"
#include "ops/elementwise/elementwise.h"
#include "ops/shape/shape.h"

namespace weft {
namespace {

// The mask of x as one over its first `rank` axes: all true where it has none, the same along axes that it lacks.
Value MaskOfRank(CallContext& context, Value x, Value mask, int rank) {
  const Shape shape(x.shape().dims().first(static_cast<size_t>(rank)));
  if (mask.absent()) return Full(context.builder(), {DType::kBool, shape}, 1);
  if (!mask.ok() || mask.rank() == rank) return mask;
  while (mask.ok() && mask.rank() < rank) mask = ExpandDims(mask, -1);
  return BroadcastTo(mask, shape);
}

}  // namespace

ConcatenateLayer::ConcatenateLayer(ConcatenateOptions options) : options_(std::move(options)) { name_ = options_.name; }

void ConcatenateLayer::VisitConfig(ConfigVisitor& visitor) {
  VisitLayer(visitor);
  visitor.Field("axis", options_.axis);
}

absl::Status ConcatenateLayer::Build(WeightBuilder& weights, absl::Span<const TensorType> inputs) {
  static_cast<void>(weights);
  WEFT_RETURN_IF_ERROR(ExpectSeveralInputs(inputs));
  WEFT_ASSIGN_OR_RETURN(const std::vector<int> axis, SampleAxes({options_.axis}, inputs[0]));
  for (const TensorType& type : inputs) {
    bool fits = type.rank() == inputs[0].rank();
    for (int i = 0; fits && i < type.rank(); ++i) fits = i == axis[0] || type.shape[i] == inputs[0].shape[i];
    if (fits) continue;
    return InvalidArgument("expected inputs whose dims are equal but for axis ", axis[0], ", received ",
                           inputs[0].ToString(), " and ", type.ToString());
  }
  return absl::OkStatus();
}

std::vector<Value> ConcatenateLayer::Call(CallContext& context, absl::Span<const Value> inputs) const {
  const Value y = Concat(inputs, static_cast<int>(options_.axis));
  if (!y.ok()) return {y};
  int rank = 0;  // of the masks
  bool all_have_one = true;
  for (size_t i = 0; i < inputs.size(); ++i) {
    const Value mask = context.mask(static_cast<int>(i));
    all_have_one = all_have_one && mask.ok();
    if (mask.ok()) rank = std::max(rank, mask.rank());
  }
  if (rank == 0) return {y};
  const int axis = static_cast<int>(options_.axis < 0 ? options_.axis + y.rank() : options_.axis);
  if (axis < rank) {  // masks lie one behind the other, as what they are of does
    std::vector<Value> masks;
    for (size_t i = 0; i < inputs.size(); ++i) {
      masks.push_back(MaskOfRank(context, inputs[i], context.mask(static_cast<int>(i)), rank));
    }
    context.SetMask(Concat(masks, axis));
  } else if (all_have_one) {
    Value any;
    for (size_t i = 0; i < inputs.size(); ++i) {
      const Value mask = MaskOfRank(context, inputs[i], context.mask(static_cast<int>(i)), rank);
      any = any.absent() ? mask : LogicalOr(any, mask);
    }
    context.SetMask(any);
  }
  return {y};
}

}  // namespace weft
