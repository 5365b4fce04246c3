#include "models/layers/bidirectional.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "models/layers/layers_util.h"
#include "models/layers/nested.h"
#include "ops/elementwise/elementwise.h"
#include "ops/shape/shape.h"

namespace weft {
namespace {

absl::StatusOr<std::shared_ptr<RecurrentLayer>> RecurrentOf(absl::string_view option, const LayerRef& ref) {
  WEFT_ASSIGN_OR_RETURN(std::shared_ptr<Layer> layer, WrappedLayer(option, ref));
  auto recurrent = std::dynamic_pointer_cast<RecurrentLayer>(layer);
  if (recurrent != nullptr) return recurrent;
  return InvalidArgument(option, ": expected a recurrent layer (SimpleRNN, LSTM, GRU), received ", layer->class_name());
}

// "forward_lstm" for a layer without a name, and for one of this name.
std::string NameOf(absl::string_view prefix, const Layer& layer) {
  return absl::StrCat(prefix, absl::StripPrefix(WrappedLayerName(layer), prefix));
}

}  // namespace

BidirectionalLayer::BidirectionalLayer(BidirectionalOptions options) : options_(std::move(options)) {
  name_ = options_.name;
  trainable_ = options_.trainable;
}

void BidirectionalLayer::VisitConfig(ConfigVisitor& visitor) {
  VisitLayer(visitor);
  visitor.Field("merge_mode", options_.merge_mode);
  visitor.Object("layer", "layer", options_.layer);
  visitor.Object("backward_layer", "layer", options_.backward_layer);
}

absl::Status BidirectionalLayer::MakeLayers() {
  WEFT_ASSIGN_OR_RETURN(std::shared_ptr<RecurrentLayer> forward, RecurrentOf("layer", options_.layer));
  std::shared_ptr<RecurrentLayer> backward = forward;
  bool go_backwards = !forward->options().go_backwards;
  if (!options_.backward_layer.is_none()) {
    WEFT_ASSIGN_OR_RETURN(backward, RecurrentOf("backward_layer", options_.backward_layer));
    go_backwards = backward->options().go_backwards;
  }
  const RecurrentOptions &f = forward->options(), &b = backward->options();
  if (f.go_backwards == go_backwards) {
    return InvalidArgument("expected layers of different go_backwards, received ", go_backwards ? "true" : "false",
                           " for both");
  }
  auto agree = [](absl::string_view option, bool of_forward, bool of_backward) -> absl::Status {
    if (of_forward == of_backward) return absl::OkStatus();
    return InvalidArgument("expected layers of the same ", option, ", received ", of_forward ? "true" : "false",
                           " for the forward and ", of_backward ? "true" : "false", " for the backward layer");
  };
  WEFT_RETURN_IF_ERROR(agree("stateful", f.stateful, b.stateful));
  WEFT_RETURN_IF_ERROR(agree("return_sequences", f.return_sequences, b.return_sequences));
  WEFT_RETURN_IF_ERROR(agree("return_state", f.return_state, b.return_state));
  const std::string mode = options_.merge_mode.value_or("concat");
  if (mode != "concat" && mode != "sum" && mode != "ave" && mode != "mul") {
    return InvalidArgument("merge_mode: expected concat, sum, ave, mul or none, received '", mode, "'");
  }
  if (mode != "concat" && f.units != b.units) {
    return InvalidArgument("merge_mode ", mode, ": expected layers of the same units, received ", f.units, " and ",
                           b.units);
  }
  forward_ = forward->With(f.go_backwards, f.return_sequences);
  backward_ = backward->With(go_backwards, b.return_sequences);
  forward_name_ = NameOf("forward_", *forward);
  backward_name_ = NameOf("backward_", *backward);
  return absl::OkStatus();
}

absl::Status BidirectionalLayer::Build(WeightBuilder& weights, absl::Span<const TensorType> inputs) {
  WEFT_RETURN_IF_ERROR(MakeLayers());
  const size_t of_forward = static_cast<size_t>(forward_->num_states());
  const size_t states = of_forward + static_cast<size_t>(backward_->num_states());
  if (inputs.size() != 1 && inputs.size() != 1 + states) {
    return InvalidArgument("expected one input, or with the initial states ", 1 + states, ", received ", inputs.size());
  }
  std::vector<TensorType> forward = {inputs[0]}, backward = {inputs[0]};
  for (size_t i = 1; i < inputs.size(); ++i) (i <= of_forward ? forward : backward).push_back(inputs[i]);
  NestedWeights forward_weights(weights, *forward_, forward_name_);
  WEFT_RETURN_IF_ERROR(Annotate(forward_->Build(forward_weights, forward), forward_name_));
  NestedWeights backward_weights(weights, *backward_, backward_name_);
  return Annotate(backward_->Build(backward_weights, backward), backward_name_);
}

Value BidirectionalLayer::Merge(Value forward, Value backward) const {
  if (options_.merge_mode == "sum") return forward + backward;
  if (options_.merge_mode == "ave") return (forward + backward) * 0.5;
  if (options_.merge_mode == "mul") return forward * backward;
  return Concat({forward, backward}, -1);
}

std::vector<Value> BidirectionalLayer::Call(CallContext& context, absl::Span<const Value> inputs) const {
  const size_t of_forward = static_cast<size_t>(forward_->num_states());
  std::vector<Value> forward = {inputs[0]}, backward = {inputs[0]};
  for (size_t i = 1; i < inputs.size(); ++i) (i <= of_forward ? forward : backward).push_back(inputs[i]);
  auto call = [&](const RecurrentLayer& layer, const std::string& name, std::vector<Value>& values) {
    NestedContext nested(context, *this, name, {context.mask()});
    values = layer.Call(nested, values);
  };
  call(*forward_, forward_name_, forward);
  call(*backward_, backward_name_, backward);
  const bool sequences = forward_->options().return_sequences;
  if (sequences) backward[0] = Reverse(backward[0], {1});

  std::vector<Value> outputs;
  if (options_.merge_mode.has_value()) {
    outputs = {Merge(forward[0], backward[0])};
  } else {
    outputs = {forward[0], backward[0]};
  }
  for (size_t i = 0; sequences && i < outputs.size(); ++i) context.SetMask(context.mask(), static_cast<int>(i));
  outputs.insert(outputs.end(), forward.begin() + 1, forward.end());
  outputs.insert(outputs.end(), backward.begin() + 1, backward.end());
  return outputs;
}

}  // namespace weft
