#include "models/layers/concatenate.h"

#include "models/layers/layers_util.h"
#include "models/layers/merge.h"
#include "ops/elementwise/elementwise.h"
#include "ops/shape/shape.h"

namespace weft {

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
  if (!y.ok() || y.rank() < 3) return {y};
  const bool steps = options_.axis == 1 || options_.axis + y.rank() == 1;
  std::vector<Value> masks;
  bool one_is = false, all_are = true;
  for (size_t i = 0; i < inputs.size(); ++i) {
    masks.push_back(context.mask(static_cast<int>(i)));
    one_is = one_is || masks[i].ok();
    all_are = all_are && masks[i].ok();
    if (masks[i].ok() || !steps) continue;
    masks[i] = Full(context.builder(), {DType::kBool, {inputs[i].shape()[0], inputs[i].shape()[1]}}, 1);
  }
  if (steps && one_is) {
    context.SetMask(Concat(masks, 1));
  } else if (all_are) {
    Value any = masks[0];
    for (const Value& mask : absl::MakeSpan(masks).subspan(1)) any = LogicalOr(any, mask);
    context.SetMask(any);
  }
  return {y};
}

}  // namespace weft
