// Attention: y = softmax(scores) value, with scores = scale * query key^T (Luong), or with score_mode "concat"
//     scores = concat_score_weight * sum over the last axis of tanh(scale * (query + key)).
//
// Luong, Pham, Manning, "Effective approaches to attention-based neural machine translation", arXiv:1508.04025.
#ifndef WEFT_MODELS_LAYERS_ATTENTION_H_
#define WEFT_MODELS_LAYERS_ATTENTION_H_

#include <optional>
#include <string>
#include <vector>

#include "models/layers/attention_base.h"

namespace weft {

struct AttentionOptions {
  bool use_scale = false;          // a scale that is trained; else 1
  std::string score_mode = "dot";  // or "concat"
  double dropout = 0;              // of the softmax, in training; in [0, 1]
  std::optional<int64_t> seed = std::nullopt;
  std::string name = "";
  bool trainable = true;
};

// Inputs and output: see AttentionBase. Weights: scale [] (use_scale), then concat_score_weight [] ("concat").
class AttentionLayer final : public AttentionBase {
 public:
  explicit AttentionLayer(AttentionOptions options = {});
  absl::string_view class_name() const override { return "Attention"; }
  void VisitConfig(ConfigVisitor& visitor) override;

 protected:
  absl::Status AddWeights(WeightBuilder& weights, const Dim& dim) override;
  Value Scores(CallContext& context, Value query, Value key) const override;

 private:
  bool use_scale_;
  std::string score_mode_;
};

inline AttentionLayer Attention(AttentionOptions options = {}) { return AttentionLayer(std::move(options)); }

}  // namespace weft

#endif  // WEFT_MODELS_LAYERS_ATTENTION_H_
