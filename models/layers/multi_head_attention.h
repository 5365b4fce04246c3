// MultiHeadAttention: per head, softmax(q k^T / sqrt(key_dim)) v over projections of query, key and value; the heads'
// results are projected to the output.
//
// Vaswani et al., "Attention is all you need", arXiv:1706.03762.
#ifndef WEFT_MODELS_LAYERS_MULTI_HEAD_ATTENTION_H_
#define WEFT_MODELS_LAYERS_MULTI_HEAD_ATTENTION_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "models/layers/layer.h"

namespace weft {

struct MultiHeadAttentionOptions {
  int64_t num_heads = 0;                                            // required
  int64_t key_dim = 0;                                              // required: per head, of query and key
  std::optional<int64_t> value_dim = std::nullopt;                  // per head; none: key_dim
  double dropout = 0;                                               // of the softmax, in training; in [0, 1]
  bool use_bias = true;                                             // in the four projections
  std::optional<std::vector<int64_t>> output_shape = std::nullopt;  // of a step; none: that of the query
  // The axes over which attention is: 1, the steps. No others are supported.
  std::optional<std::vector<int64_t>> attention_axes = std::nullopt;
  InitializerRef kernel_initializer = "glorot_uniform";
  InitializerRef bias_initializer = "zeros";
  std::optional<int64_t> seed = std::nullopt;
  std::string name = "";
  bool trainable = true;
};

// Inputs: query [batch, tq, a], value [batch, tv, b], and optionally key [batch, tv, c]; without it the value is the
// key. Output: [batch, tq, output_shape...].
//
// Weights: query/kernel [a, heads, key_dim], query/bias [heads, key_dim]; key/..., value/... likewise;
// attention_output/kernel [heads, value_dim, output_shape...], attention_output/bias [output_shape...].
//
// Masks: a step of the query looks at a step of the value where neither is masked, nor the step of the key where that
// is an input; the output has the query's mask.
class MultiHeadAttentionLayer final : public Layer {
 public:
  explicit MultiHeadAttentionLayer(MultiHeadAttentionOptions options = {});
  absl::string_view class_name() const override { return "MultiHeadAttention"; }
  void VisitConfig(ConfigVisitor& visitor) override;
  absl::Status Build(WeightBuilder& weights, absl::Span<const TensorType> inputs) override;
  std::vector<Value> Call(CallContext& context, absl::Span<const Value> inputs) const override;
  bool passes_mask() const override { return true; }

 private:
  int64_t value_dim() const { return options_.value_dim.value_or(options_.key_dim); }
  absl::Status CheckOptions() const;
  absl::Status CheckInputs(absl::Span<const TensorType> inputs) const;
  // x [batch, time, in] projected to heads, [batch, heads, time, size].
  Value Project(CallContext& context, const char* name, Value x) const;
  // From [batch, heads, time, value_dim] to the output.
  Value ProjectOutput(CallContext& context, Value heads) const;
  // Which pairs of steps count, [batch, 1, tq or 1, tv or 1]; absent: all.
  Value PairMask(CallContext& context, size_t inputs) const;

  MultiHeadAttentionOptions options_;
};

inline MultiHeadAttentionLayer MultiHeadAttention(MultiHeadAttentionOptions options) {
  return MultiHeadAttentionLayer(std::move(options));
}

}  // namespace weft

#endif  // WEFT_MODELS_LAYERS_MULTI_HEAD_ATTENTION_H_
