// Bidirectional: a recurrent layer over the sequence from both ends, the two outputs merged.
//
// Schuster and Paliwal, "Bidirectional recurrent neural networks", IEEE Transactions on Signal Processing 45 (1997).
#ifndef WEFT_MODELS_LAYERS_BIDIRECTIONAL_H_
#define WEFT_MODELS_LAYERS_BIDIRECTIONAL_H_

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "models/layers/recurrent.h"

namespace weft {

struct BidirectionalOptions {
  LayerRef layer = {};  // required: a recurrent layer
  // "concat" (along the last axis), "sum", "ave", "mul"; none: two outputs.
  std::optional<std::string> merge_mode = "concat";
  LayerRef backward_layer = {};  // none: a layer with the options of `layer`, in the other direction
  std::string name = "";
  bool trainable = true;
};

// Inputs: x [batch, time, features], and optionally the initial states, first those of the forward layer. Outputs: y
// (or two of them), and with return_state the last states in that order. With return_sequences both outputs are in the
// order of x, and zero at masked steps.
//
// Weights: those of the forward layer, forward_<name>/..., then those of the backward layer, backward_<name>/...
class BidirectionalLayer final : public Layer {
 public:
  explicit BidirectionalLayer(BidirectionalOptions options = {});
  absl::string_view class_name() const override { return "Bidirectional"; }
  void VisitConfig(ConfigVisitor& visitor) override;
  absl::Status Build(WeightBuilder& weights, absl::Span<const TensorType> inputs) override;
  std::vector<Value> Call(CallContext& context, absl::Span<const Value> inputs) const override;

 private:
  absl::Status MakeLayers();
  Value Merge(Value forward, Value backward) const;

  BidirectionalOptions options_;
  // Made by Build: copies, since they differ from what was given.
  std::shared_ptr<RecurrentLayer> forward_, backward_;
  std::string forward_name_, backward_name_;
};

inline BidirectionalLayer Bidirectional(BidirectionalOptions options) { return BidirectionalLayer(std::move(options)); }
inline BidirectionalLayer Bidirectional(LayerRef layer) { return BidirectionalLayer({.layer = std::move(layer)}); }

}  // namespace weft

#endif  // WEFT_MODELS_LAYERS_BIDIRECTIONAL_H_
