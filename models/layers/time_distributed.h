// TimeDistributed: a layer applied to each step of a sequence.
#ifndef WEFT_MODELS_LAYERS_TIME_DISTRIBUTED_H_
#define WEFT_MODELS_LAYERS_TIME_DISTRIBUTED_H_

#include <memory>
#include <string>
#include <vector>

#include "models/layers/layer.h"

namespace weft {

struct TimeDistributedOptions {
  LayerRef layer = {};  // required
  std::string name = "";
  bool trainable = true;
};

// [batch, time, ...] -> [batch, time, what the layer makes of the rest]. The layer sees one batch of all steps, [batch
// * time, ...]; but in training a layer with statistics (BatchNormalization) sees the steps one after the other, as in
// Keras: each is normalized by itself, and the moving statistics move once a step. Weights: those of the layer,
// <name>/...
//
// A mask [batch, time] passes on (and says which samples of a step count for statistics). One that reaches into the
// steps, [batch, time, ...], goes to the layer; where the output is too flat for it, a step counts in which anything
// counts (words make sentences, sentences a text).
class TimeDistributedLayer final : public Layer {
 public:
  explicit TimeDistributedLayer(TimeDistributedOptions options = {});
  absl::string_view class_name() const override { return "TimeDistributed"; }
  void VisitConfig(ConfigVisitor& visitor) override;
  absl::Status Build(WeightBuilder& weights, absl::Span<const TensorType> inputs) override;
  std::vector<Value> Call(CallContext& context, absl::Span<const Value> inputs) const override;
  bool passes_mask() const override { return true; }
  std::vector<std::shared_ptr<Layer>> inner_layers() const override;

 private:
  std::vector<Value> CallOnAllSteps(CallContext& context, Value x) const;
  std::vector<Value> CallStepByStep(CallContext& context, Value x) const;
  TimeDistributedOptions options_;
  std::vector<std::string> weights_, statistics_;  // names of the layer's, set by Build
};

inline TimeDistributedLayer TimeDistributed(TimeDistributedOptions options) {
  return TimeDistributedLayer(std::move(options));
}
inline TimeDistributedLayer TimeDistributed(LayerRef layer) {
  return TimeDistributedLayer({.layer = std::move(layer)});
}

}  // namespace weft

#endif  // WEFT_MODELS_LAYERS_TIME_DISTRIBUTED_H_
