// Embedding: y[..., :] = embeddings[x[...], :], a trained row for each of input_dim ids.
#ifndef WEFT_MODELS_LAYERS_EMBEDDING_H_
#define WEFT_MODELS_LAYERS_EMBEDDING_H_

#include <string>
#include <vector>

#include "models/layers/layer.h"

namespace weft {

struct EmbeddingOptions {
  int64_t input_dim = 0;   // required: the number of ids, 0 ... input_dim - 1
  int64_t output_dim = 0;  // required: the length of a row
  InitializerRef embeddings_initializer = "uniform";
  bool mask_zero = false;  // id 0 is padding: masked
  std::string name = "";
  bool trainable = true;
};

// [batch, time] -> [batch, time, output_dim]; any rank. Weights: embeddings [input_dim, output_dim]. An id out of range
// takes the first or the last row.
//
// Ids are integers. Floats are taken for ids too, rounded towards zero, where they are the model's input (what data of
// text is often kept in); floats that another layer computed are an error.
class EmbeddingLayer final : public Layer {
 public:
  explicit EmbeddingLayer(EmbeddingOptions options = {});
  absl::string_view class_name() const override { return "Embedding"; }
  void VisitConfig(ConfigVisitor& visitor) override;
  absl::Status Build(WeightBuilder& weights, absl::Span<const TensorType> inputs) override;
  std::vector<Value> Call(CallContext& context, absl::Span<const Value> inputs) const override;

 private:
  EmbeddingOptions options_;
};

inline EmbeddingLayer Embedding(EmbeddingOptions options) { return EmbeddingLayer(std::move(options)); }

}  // namespace weft

#endif  // WEFT_MODELS_LAYERS_EMBEDDING_H_
