#include "models/layers/softmax.h"

#include "models/layers/layers_util.h"
#include "ops/elementwise/elementwise.h"
#include "ops/reduce/reduce.h"
#include "ops/softmax/softmax.h"

namespace weft {

SoftmaxLayer::SoftmaxLayer(SoftmaxOptions options) : options_(std::move(options)) { name_ = options_.name; }

void SoftmaxLayer::VisitConfig(ConfigVisitor& visitor) {
  VisitLayer(visitor);
  visitor.Field("axis", options_.axis);
}

absl::Status SoftmaxLayer::Build(WeightBuilder& weights, absl::Span<const TensorType> inputs) {
  static_cast<void>(weights);
  WEFT_RETURN_IF_ERROR(ExpectOneFloatInput(inputs));
  return SampleAxes(options_.axis, inputs[0]).status();
}

std::vector<Value> SoftmaxLayer::Call(CallContext& context, absl::Span<const Value> inputs) const {
  Value x = inputs[0];
  const Value mask = context.mask();
  if (mask.ok() && x.ok()) {
    absl::StatusOr<Shape> shape = BroadcastShapes(mask.shape(), x.shape());
    if (!shape.ok() || *shape != x.shape()) {
      return {context.builder().Error(InvalidArgument("layer ", context.builder().layer_path(),
                                                      ": the mask must broadcast to the input; received ",
                                                      mask.type().ToString(), " for ", x.type().ToString()))};
    }
    x = Select(mask, x, -1e9);
  }
  Value y;
  if (options_.axis.size() == 1) {
    y = Softmax(x, static_cast<int>(options_.axis[0]));
  } else {
    y = Exp(x - LogSumExp(x, {.axes = {options_.axis.begin(), options_.axis.end()}, .keepdims = true}));
  }
  // Where nothing counts, all of them do.
  return {mask.absent() ? y : Select(mask, y, 0.0)};
}

}  // namespace weft
