#include "models/layers/all_layers.h"

#include "core/status.h"
#include "models/layers/layers.h"

namespace weft {

absl::Status AddAllLayers(ModelRegistry& registry) {
  WEFT_RETURN_IF_ERROR(registry.Add<ActivationLayer>("layer"));
  WEFT_RETURN_IF_ERROR(registry.Add<AdditiveAttentionLayer>("layer"));
  WEFT_RETURN_IF_ERROR(registry.Add<AttentionLayer>("layer"));
  WEFT_RETURN_IF_ERROR(registry.Add<BidirectionalLayer>("layer"));
  WEFT_RETURN_IF_ERROR(registry.Add<DenseLayer>("layer"));
  WEFT_RETURN_IF_ERROR(registry.Add<DropoutLayer>("layer"));
  WEFT_RETURN_IF_ERROR(registry.Add<EmbeddingLayer>("layer"));
  WEFT_RETURN_IF_ERROR(registry.Add<FlattenLayer>("layer"));
  WEFT_RETURN_IF_ERROR(registry.Add<GRULayer>("layer"));
  WEFT_RETURN_IF_ERROR(registry.Add<InputLayer>("layer", {"input"}));
  WEFT_RETURN_IF_ERROR(registry.Add<LSTMLayer>("layer"));
  WEFT_RETURN_IF_ERROR(registry.Add<MaskingLayer>("layer"));
  WEFT_RETURN_IF_ERROR(registry.Add<MultiHeadAttentionLayer>("layer"));
  WEFT_RETURN_IF_ERROR(registry.Add<RescalingLayer>("layer"));
  WEFT_RETURN_IF_ERROR(registry.Add<ReshapeLayer>("layer"));
  WEFT_RETURN_IF_ERROR(registry.Add<SimpleRNNLayer>("layer"));
  WEFT_RETURN_IF_ERROR(registry.Add<TimeDistributedLayer>("layer"));
  return absl::OkStatus();
}

}  // namespace weft
