#include "models/layers/all_layers.h"

#include "core/status.h"
#include "models/layers/layers.h"

namespace weft {

// Beside its class name each has the other names under which Keras exports it.
absl::Status AddAllLayers(ModelRegistry& registry) {
  WEFT_RETURN_IF_ERROR(registry.Add<ActivationLayer>("layer"));
  WEFT_RETURN_IF_ERROR(registry.Add<AddLayer>("layer"));
  WEFT_RETURN_IF_ERROR(registry.Add<AdditiveAttentionLayer>("layer"));
  WEFT_RETURN_IF_ERROR(registry.Add<AlphaDropoutLayer>("layer"));
  WEFT_RETURN_IF_ERROR(registry.Add<AttentionLayer>("layer"));
  WEFT_RETURN_IF_ERROR(registry.Add<AverageLayer>("layer"));
  WEFT_RETURN_IF_ERROR(registry.Add<AveragePooling1DLayer>("layer", {"AvgPool1D"}));
  WEFT_RETURN_IF_ERROR(registry.Add<AveragePooling2DLayer>("layer", {"AvgPool2D"}));
  WEFT_RETURN_IF_ERROR(registry.Add<BatchNormalizationLayer>("layer"));
  WEFT_RETURN_IF_ERROR(registry.Add<BidirectionalLayer>("layer"));
  WEFT_RETURN_IF_ERROR(registry.Add<ConcatenateLayer>("layer"));
  WEFT_RETURN_IF_ERROR(registry.Add<Conv1DLayer>("layer", {"Convolution1D"}));
  WEFT_RETURN_IF_ERROR(registry.Add<Conv1DTransposeLayer>("layer", {"Convolution1DTranspose"}));
  WEFT_RETURN_IF_ERROR(registry.Add<Conv2DLayer>("layer", {"Convolution2D"}));
  WEFT_RETURN_IF_ERROR(registry.Add<Conv2DTransposeLayer>("layer", {"Convolution2DTranspose"}));
  WEFT_RETURN_IF_ERROR(registry.Add<Cropping1DLayer>("layer"));
  WEFT_RETURN_IF_ERROR(registry.Add<Cropping2DLayer>("layer"));
  WEFT_RETURN_IF_ERROR(registry.Add<DenseLayer>("layer"));
  WEFT_RETURN_IF_ERROR(registry.Add<DepthwiseConv1DLayer>("layer"));
  WEFT_RETURN_IF_ERROR(registry.Add<DepthwiseConv2DLayer>("layer"));
  WEFT_RETURN_IF_ERROR(registry.Add<DotLayer>("layer"));
  WEFT_RETURN_IF_ERROR(registry.Add<DropoutLayer>("layer"));
  WEFT_RETURN_IF_ERROR(registry.Add<ELULayer>("layer"));
  WEFT_RETURN_IF_ERROR(registry.Add<EmbeddingLayer>("layer"));
  WEFT_RETURN_IF_ERROR(registry.Add<FlattenLayer>("layer"));
  WEFT_RETURN_IF_ERROR(registry.Add<GRULayer>("layer"));
  WEFT_RETURN_IF_ERROR(registry.Add<GaussianDropoutLayer>("layer"));
  WEFT_RETURN_IF_ERROR(registry.Add<GaussianNoiseLayer>("layer"));
  WEFT_RETURN_IF_ERROR(registry.Add<GlobalAveragePooling1DLayer>("layer", {"GlobalAvgPool1D"}));
  WEFT_RETURN_IF_ERROR(registry.Add<GlobalAveragePooling2DLayer>("layer", {"GlobalAvgPool2D"}));
  WEFT_RETURN_IF_ERROR(registry.Add<GlobalMaxPooling1DLayer>("layer", {"GlobalMaxPool1D"}));
  WEFT_RETURN_IF_ERROR(registry.Add<GlobalMaxPooling2DLayer>("layer", {"GlobalMaxPool2D"}));
  WEFT_RETURN_IF_ERROR(registry.Add<GroupNormalizationLayer>("layer"));
  WEFT_RETURN_IF_ERROR(registry.Add<IdentityLayer>("layer"));
  WEFT_RETURN_IF_ERROR(registry.Add<InputLayer>("layer", {"Input", "input"}));
  WEFT_RETURN_IF_ERROR(registry.Add<LSTMLayer>("layer"));
  WEFT_RETURN_IF_ERROR(registry.Add<LayerNormalizationLayer>("layer"));
  WEFT_RETURN_IF_ERROR(registry.Add<LeakyReLULayer>("layer"));
  WEFT_RETURN_IF_ERROR(registry.Add<MaskingLayer>("layer"));
  WEFT_RETURN_IF_ERROR(registry.Add<MaxPooling1DLayer>("layer", {"MaxPool1D"}));
  WEFT_RETURN_IF_ERROR(registry.Add<MaxPooling2DLayer>("layer", {"MaxPool2D"}));
  WEFT_RETURN_IF_ERROR(registry.Add<MaximumLayer>("layer"));
  WEFT_RETURN_IF_ERROR(registry.Add<MinimumLayer>("layer"));
  WEFT_RETURN_IF_ERROR(registry.Add<MultiHeadAttentionLayer>("layer"));
  WEFT_RETURN_IF_ERROR(registry.Add<MultiplyLayer>("layer"));
  WEFT_RETURN_IF_ERROR(registry.Add<PReLULayer>("layer"));
  WEFT_RETURN_IF_ERROR(registry.Add<PermuteLayer>("layer"));
  WEFT_RETURN_IF_ERROR(registry.Add<RMSNormalizationLayer>("layer"));
  WEFT_RETURN_IF_ERROR(registry.Add<ReLULayer>("layer"));
  WEFT_RETURN_IF_ERROR(registry.Add<RepeatVectorLayer>("layer"));
  WEFT_RETURN_IF_ERROR(registry.Add<RescalingLayer>("layer"));
  WEFT_RETURN_IF_ERROR(registry.Add<ReshapeLayer>("layer"));
  WEFT_RETURN_IF_ERROR(registry.Add<SeparableConv1DLayer>("layer", {"SeparableConvolution1D"}));
  WEFT_RETURN_IF_ERROR(registry.Add<SeparableConv2DLayer>("layer", {"SeparableConvolution2D"}));
  WEFT_RETURN_IF_ERROR(registry.Add<SimpleRNNLayer>("layer"));
  WEFT_RETURN_IF_ERROR(registry.Add<SoftmaxLayer>("layer"));
  WEFT_RETURN_IF_ERROR(registry.Add<SpatialDropout1DLayer>("layer"));
  WEFT_RETURN_IF_ERROR(registry.Add<SpatialDropout2DLayer>("layer"));
  WEFT_RETURN_IF_ERROR(registry.Add<SubtractLayer>("layer"));
  WEFT_RETURN_IF_ERROR(registry.Add<TimeDistributedLayer>("layer"));
  WEFT_RETURN_IF_ERROR(registry.Add<UnitNormalizationLayer>("layer"));
  WEFT_RETURN_IF_ERROR(registry.Add<UpSampling1DLayer>("layer"));
  WEFT_RETURN_IF_ERROR(registry.Add<UpSampling2DLayer>("layer"));
  WEFT_RETURN_IF_ERROR(registry.Add<ZeroPadding1DLayer>("layer"));
  WEFT_RETURN_IF_ERROR(registry.Add<ZeroPadding2DLayer>("layer"));
  return absl::OkStatus();
}

}  // namespace weft
