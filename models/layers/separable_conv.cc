#include "models/layers/separable_conv.h"

#include <utility>

#include "core/status.h"
#include "models/layers/conv_util.h"

namespace weft {

SeparableConvLayer::SeparableConvLayer(int rank, SeparableConvOptions options)
    : rank_(rank), options_(std::move(options)) {
  name_ = options_.name;
  trainable_ = options_.trainable;
  for (Sizes* sizes : {&options_.kernel_size, &options_.strides, &options_.dilation_rate}) ExpandSizes(*sizes, rank_);
}

void SeparableConvLayer::VisitConfig(ConfigVisitor& visitor) {
  VisitLayer(visitor);
  visitor.Field("depth_multiplier", options_.depth_multiplier);
  visitor.Field("filters", options_.filters);
  VisitSizes(visitor, "kernel_size", rank_, options_.kernel_size);
  VisitSizes(visitor, "strides", rank_, options_.strides);
  visitor.Field("padding", options_.padding);
  visitor.MustBeOrNull("data_format", "\"channels_last\"");
  VisitSizes(visitor, "dilation_rate", rank_, options_.dilation_rate);
  visitor.Field("activation", options_.activation);
  visitor.Field("use_bias", options_.use_bias);
  visitor.Object("depthwise_initializer", "initializer", options_.depthwise_initializer);
  visitor.Object("pointwise_initializer", "initializer", options_.pointwise_initializer);
  visitor.Object("bias_initializer", "initializer", options_.bias_initializer);
  visitor.MustBeNull("depthwise_regularizer");
  visitor.MustBeNull("pointwise_regularizer");
  visitor.MustBeNull("bias_regularizer");
  visitor.MustBeNull("activity_regularizer");
  visitor.MustBeNull("depthwise_constraint");
  visitor.MustBeNull("pointwise_constraint");
  visitor.MustBeNull("bias_constraint");
}

absl::Status SeparableConvLayer::Build(WeightBuilder& weights, absl::Span<const TensorType> inputs) {
  WEFT_RETURN_IF_ERROR(CheckPositive("filters", options_.filters));
  WEFT_RETURN_IF_ERROR(CheckPositive("depth_multiplier", options_.depth_multiplier));
  WEFT_ASSIGN_OR_RETURN(const int64_t channels, CheckConvolution(options_.kernel_size, options_.strides,
                                                                 options_.dilation_rate, rank_, inputs));
  WEFT_RETURN_IF_ERROR(ResolvePadding(options_.padding, false, "kernel", inputs[0],
                                      ExtentsOf(options_.kernel_size, options_.dilation_rate), options_.strides.values)
                           .status());
  weights.Add("depthwise_kernel", KernelShape(options_.kernel_size, channels, options_.depth_multiplier),
              options_.depthwise_initializer);
  Sizes one = 1;
  ExpandSizes(one, rank_);
  weights.Add("pointwise_kernel", KernelShape(one, channels * options_.depth_multiplier, options_.filters),
              options_.pointwise_initializer);
  if (options_.use_bias) weights.Add("bias", {options_.filters}, options_.bias_initializer);
  return absl::OkStatus();
}

std::vector<Value> SeparableConvLayer::Call(CallContext& context, absl::Span<const Value> inputs) const {
  const Value apart = DepthwiseConvolution(context, inputs[0], context.Weight("depthwise_kernel"), options_.kernel_size,
                                           options_.strides, options_.dilation_rate, options_.padding);
  const Value z = Conv2D(apart, AsImageKernel(context.Weight("pointwise_kernel")), Conv2DOptions());
  return {FinishConvolution(context, z, options_.use_bias, options_.activation, rank_)};
}

}  // namespace weft
