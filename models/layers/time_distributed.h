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
// * time, ...], so in training a BatchNormalization inside takes its statistics over all of them. Weights: those of the
// layer, <name>/...
//
// A mask [batch, time] passes on. One that reaches into the steps, [batch, time, ...], goes to the layer; where the
// output is too flat for it, a step counts in which anything counts (words make sentences, sentences a text).
class TimeDistributedLayer final : public Layer {
 public:
  explicit TimeDistributedLayer(TimeDistributedOptions options = {});
  absl::string_view class_name() const override { return "TimeDistributed"; }
  void VisitConfig(ConfigVisitor& visitor) override;
  absl::Status Build(WeightBuilder& weights, absl::Span<const TensorType> inputs) override;
  std::vector<Value> Call(CallContext& context, absl::Span<const Value> inputs) const override;
  bool passes_mask() const override { return true; }

 private:
  TimeDistributedOptions options_;
};

inline TimeDistributedLayer TimeDistributed(TimeDistributedOptions options) {
  return TimeDistributedLayer(std::move(options));
}
inline TimeDistributedLayer TimeDistributed(LayerRef layer) {
  return TimeDistributedLayer({.layer = std::move(layer)});
}

}  // namespace weft

#endif  // WEFT_MODELS_LAYERS_TIME_DISTRIBUTED_H_
