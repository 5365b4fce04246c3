// What Attention and AdditiveAttention have in common: everything but the scores.
#ifndef WEFT_MODELS_LAYERS_ATTENTION_BASE_H_
#define WEFT_MODELS_LAYERS_ATTENTION_BASE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "models/layers/layer.h"

namespace weft {

// Inputs: query [batch, tq, dim], value [batch, tv, values], and optionally key [batch, tv, dim]; without it the value
// is the key. Output: softmax(scores) value, [batch, tq, values].
//
// Masks: masked steps of the value have no part in the softmax; masked steps of the query are zero in the output, which
// has the query's mask. Dropout, in training, drops elements of the softmax.
class AttentionBase : public Layer {
 public:
  absl::Status Build(WeightBuilder& weights, absl::Span<const TensorType> inputs) final;
  std::vector<Value> Call(CallContext& context, absl::Span<const Value> inputs) const final;
  bool passes_mask() const final { return true; }

 protected:
  AttentionBase(double dropout, std::optional<int64_t> seed) : dropout_(dropout), seed_(seed) {}

  // Checks the options and declares weights; `dim` is the size of the query's last axis.
  virtual absl::Status AddWeights(WeightBuilder& weights, const Dim& dim) = 0;
  // [batch, tq, tv]
  virtual Value Scores(CallContext& context, Value query, Value key) const = 0;

  // query + key for each pair of steps, [batch, tq, tv, dim].
  static Value Pairs(Value query, Value key);

  double dropout_;
  std::optional<int64_t> seed_;
};

}  // namespace weft

#endif  // WEFT_MODELS_LAYERS_ATTENTION_BASE_H_
