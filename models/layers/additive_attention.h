// AdditiveAttention: y = softmax(scores) value, with scores = sum over the last axis of scale * tanh(query + key).
//
// Bahdanau, Cho, Bengio, "Neural machine translation by jointly learning to align and translate", arXiv:1409.0473.
#ifndef WEFT_MODELS_LAYERS_ADDITIVE_ATTENTION_H_
#define WEFT_MODELS_LAYERS_ADDITIVE_ATTENTION_H_

#include <optional>
#include <string>
#include <vector>

#include "models/layers/attention_base.h"

namespace weft {

struct AdditiveAttentionOptions {
  bool use_scale = true;  // a scale per feature that is trained; else 1
  double dropout = 0;     // of the softmax, in training; in [0, 1]
  std::optional<int64_t> seed = std::nullopt;
  std::string name = "";
  bool trainable = true;
};

// Inputs and output: see AttentionBase. Weights: scale [dim] (use_scale).
class AdditiveAttentionLayer final : public AttentionBase {
 public:
  explicit AdditiveAttentionLayer(AdditiveAttentionOptions options = {});
  absl::string_view class_name() const override { return "AdditiveAttention"; }
  void VisitConfig(ConfigVisitor& visitor) override;

 protected:
  absl::Status AddWeights(WeightBuilder& weights, const Dim& dim) override;
  Value Scores(CallContext& context, Value query, Value key) const override;

 private:
  bool use_scale_;
};

inline AdditiveAttentionLayer AdditiveAttention(AdditiveAttentionOptions options = {}) {
  return AdditiveAttentionLayer(std::move(options));
}

}  // namespace weft

#endif  // WEFT_MODELS_LAYERS_ADDITIVE_ATTENTION_H_
