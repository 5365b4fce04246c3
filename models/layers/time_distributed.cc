#include "models/layers/time_distributed.h"

#include <utility>

#include "absl/container/flat_hash_map.h"
#include "graph/ir/scan.h"
#include "models/layers/input.h"
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

// [batch, time, ...] <-> [time, batch, ...]
Value SwapSteps(Value x) {
  if (!x.ok()) return x;
  std::vector<int> perm = {1, 0};
  for (int axis = 2; axis < x.rank(); ++axis) perm.push_back(axis);
  return Transpose(x, perm);
}

// The inner layer's context within a loop over the steps: weights and statistics are values of the loop.
class StepContext final : public CallContext {
 public:
  using Weights = absl::flat_hash_map<std::string, Value>;
  // `weights` is where Update writes.
  StepContext(CallContext& outer, GraphBuilder& builder, Weights& weights, Value mask)
      : CallContext({mask}), outer_(outer), builder_(builder), weights_(weights) {}
  GraphBuilder& builder() override { return builder_; }
  bool training() const override { return outer_.training(); }
  bool frozen() const override { return outer_.frozen(); }
  Value Weight(absl::string_view name) override { return weights_[name]; }
  void Update(absl::string_view name, Value value) override { weights_[name] = value; }
  void UpdateState(absl::string_view name, Value value) override {
    static_cast<void>(value);
    builder_.Error(Unimplemented("layer ", outer_.builder().layer_path(), ": state '", name,
                                 "' beside statistics, which are taken step by step"));
  }
  Value random_key() override { return outer_.random_key(); }
  Value random_step() override { return outer_.random_step(); }
  void AddLoss(Value scalar) override { outer_.AddLoss(scalar); }
  Value Activate(const ActivationRef& activation, Value x) override { return outer_.Activate(activation, x); }

 private:
  CallContext& outer_;
  GraphBuilder& builder_;
  Weights& weights_;
};

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
  if (dynamic_cast<const InputLayer*>(layer.get()) != nullptr) {
    return InvalidArgument("layer: Input says what the model is fed with; it cannot be applied to each step");
  }
  if (inputs[0].rank() < 3) {
    return InvalidArgument("expected an input [batch, time, ...] of at least 3 axes, received ", inputs[0].ToString());
  }
  const std::string name = WrappedLayerName(*layer);
  NestedWeights nested(weights, *layer, name);
  const TensorType steps{inputs[0].dtype, Merged(inputs[0].shape)};
  const absl::Status built = layer->Build(nested, {&steps, 1});
  weights_ = nested.names();
  statistics_ = nested.statistics();
  return Annotate(built, name);
}

std::vector<std::shared_ptr<Layer>> TimeDistributedLayer::inner_layers() const {
  std::shared_ptr<Layer> layer = options_.layer.get();
  if (layer == nullptr) return {};
  return {std::move(layer)};
}

std::vector<Value> TimeDistributedLayer::CallOnAllSteps(CallContext& context, Value x) const {
  const Layer& layer = *options_.layer.get();
  // A mask of steps says nothing about what lies within one.
  const Value mask = context.mask();
  const bool inside = mask.ok() && mask.rank() > 2;
  NestedContext nested(context, *this, WrappedLayerName(layer),
                       {inside ? Reshape(mask, Merged(mask.shape())) : Value()});
  const Value steps = Reshape(x, Merged(x.shape()));
  std::vector<Value> outputs = layer.Call(nested, {&steps, 1});
  for (Value& y : outputs) {
    if (!y.ok()) continue;
    Shape shape = {x.shape()[0], x.shape()[1]};
    for (int axis = 1; axis < y.rank(); ++axis) shape.push_back(y.shape()[axis]);
    y = Reshape(y, shape);
  }
  return outputs;
}

// A Scan that carries the statistics.
std::vector<Value> TimeDistributedLayer::CallStepByStep(CallContext& context, Value x) const {
  const Layer& layer = *options_.layer.get();
  NestedContext nested(context, *this, WrappedLayerName(layer));
  StepContext::Weights weights;  // taken outside the loop
  for (const std::string& name : weights_) weights[name] = nested.Weight(name);
  std::vector<Value> carries;
  for (const std::string& name : statistics_) carries.push_back(weights[name]);
  std::vector<Value> stacked = {SwapSteps(x)};
  const Value mask = context.mask();
  const bool masked = mask.ok() && mask.rank() == x.rank() - 1;
  if (masked) stacked.push_back(SwapSteps(mask));
  auto body = [&](GraphBuilder& builder, absl::Span<const Value> carried, absl::Span<const Value> slices) {
    for (size_t i = 0; i < carried.size(); ++i) weights[statistics_[i]] = carried[i];
    StepContext step(nested, builder, weights, masked ? slices[1] : Value());
    ScanStep result;
    result.outputs = layer.Call(step, slices.first(1));
    for (const std::string& name : statistics_) result.carries.push_back(weights[name]);
    return result;
  };
  ScanResult result = Scan(context.builder(), carries, stacked, body);
  for (size_t i = 0; i < result.carries.size(); ++i) nested.Update(statistics_[i], result.carries[i]);
  for (Value& y : result.outputs) y = SwapSteps(y);
  return std::move(result.outputs);
}

std::vector<Value> TimeDistributedLayer::Call(CallContext& context, absl::Span<const Value> inputs) const {
  const Value x = inputs[0];
  if (!x.ok()) return {x};
  const bool moving = context.training() && !statistics_.empty() && options_.layer.get()->trainable() && trainable() &&
                      !context.frozen();
  std::vector<Value> outputs = moving ? CallStepByStep(context, x) : CallOnAllSteps(context, x);
  const Value mask = context.mask();
  const bool inside = mask.ok() && mask.rank() > 2;
  if (inside && outputs[0].ok() && outputs[0].rank() <= mask.rank()) {  // the layer has consumed what lies within
    std::vector<int> within;
    for (int axis = 2; axis < mask.rank(); ++axis) within.push_back(axis);
    context.SetMask(ReduceMax(mask, {.axes = std::move(within)}));  // the largest of bools is their "or"
  }
  return outputs;
}

}  // namespace weft
