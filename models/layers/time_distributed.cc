#include "models/layers/time_distributed.h"

#include "models/layers/layers_util.h"
#include "models/layers/nested.h"
#include "ops/reduce/reduce.h"
#include "ops/shape/shape.h"

namespace weft {
namespace {

// [batch, time, ...] -> [batch * time, ...]
Shape Merged(const Shape& shape) {
  Shape merged = {shape[0] * shape[1]};
  for (int axis = 2; axis < shape.rank(); ++axis) merged.push_back(shape[axis]);
  return merged;
}

}  // namespace

TimeDistributedLayer::TimeDistributedLayer(TimeDistributedOptions options) : options_(std::move(options)) {
  name_ = options_.name;
  trainable_ = options_.trainable;
}

void TimeDistributedLayer::VisitConfig(ConfigVisitor& visitor) {
  VisitLayer(visitor);
  visitor.Object("layer", "layer", options_.layer);
}

absl::Status TimeDistributedLayer::Build(WeightBuilder& weights, absl::Span<const TensorType> inputs) {
  WEFT_RETURN_IF_ERROR(ExpectOneInput(inputs));
  WEFT_ASSIGN_OR_RETURN(std::shared_ptr<Layer> layer, WrappedLayer("layer", options_.layer));
  if (inputs[0].rank() < 3) {
    return InvalidArgument("expected an input [batch, time, ...] of at least 3 axes, received ", inputs[0].ToString());
  }
  const std::string name = WrappedLayerName(*layer);
  NestedWeights nested(weights, *layer, name);
  const TensorType steps{inputs[0].dtype, Merged(inputs[0].shape)};
  return Annotate(layer->Build(nested, {&steps, 1}), name);
}

std::vector<Value> TimeDistributedLayer::Call(CallContext& context, absl::Span<const Value> inputs) const {
  const Value x = inputs[0];
  if (!x.ok()) return {x};
  const Layer& layer = *options_.layer.get();
  // A mask of steps says nothing about what lies within one.
  const Value mask = context.mask();
  const bool inside = mask.ok() && mask.rank() > 2;
  NestedContext nested(context, WrappedLayerName(layer), {inside ? Reshape(mask, Merged(mask.shape())) : Value()});
  const Value steps = Reshape(x, Merged(x.shape()));
  std::vector<Value> outputs = layer.Call(nested, {&steps, 1});
  for (Value& y : outputs) {
    if (!y.ok()) continue;
    Shape shape = {x.shape()[0], x.shape()[1]};
    for (int axis = 1; axis < y.rank(); ++axis) shape.push_back(y.shape()[axis]);
    y = Reshape(y, shape);
  }
  if (inside && outputs[0].ok() && outputs[0].rank() <= mask.rank()) {  // the layer has consumed what lies within
    std::vector<int> within;
    for (int axis = 2; axis < mask.rank(); ++axis) within.push_back(axis);
    context.SetMask(ReduceMax(mask, {.axes = std::move(within)}));  // the largest of bools is their "or"
  }
  return outputs;
}

}  // namespace weft
