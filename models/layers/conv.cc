#include "models/layers/conv.h"

#include <utility>

#include "core/status.h"
#include "models/layers/conv_util.h"

namespace weft {

ConvLayer::ConvLayer(int rank, ConvLayerOptions options) : rank_(rank), options_(std::move(options)) {
  name_ = options_.name;
  trainable_ = options_.trainable;
  for (Sizes* sizes : {&options_.kernel_size, &options_.strides, &options_.dilation_rate}) ExpandSizes(*sizes, rank_);
}

void ConvLayer::VisitConfig(ConfigVisitor& visitor) {
  VisitLayer(visitor);
  visitor.Field("filters", options_.filters);
  VisitSizes(visitor, "kernel_size", rank_, options_.kernel_size);
  VisitSizes(visitor, "strides", rank_, options_.strides);
  visitor.Field("padding", options_.padding);
  visitor.MustBeOrNull("data_format", "\"channels_last\"");
  VisitSizes(visitor, "dilation_rate", rank_, options_.dilation_rate);
  visitor.Field("groups", options_.groups);
  visitor.Field("activation", options_.activation);
  visitor.Field("use_bias", options_.use_bias);
  visitor.Object("kernel_initializer", "initializer", options_.kernel_initializer);
  visitor.Object("bias_initializer", "initializer", options_.bias_initializer);
  visitor.MustBeNull("kernel_regularizer");
  visitor.MustBeNull("bias_regularizer");
  visitor.MustBeNull("activity_regularizer");
  visitor.MustBeNull("kernel_constraint");
  visitor.MustBeNull("bias_constraint");
}

absl::StatusOr<SpatialPadding> ConvLayer::Padding(const TensorType& input) const {
  return ResolvePadding(options_.padding, rank_ == 1, "kernel", input,
                        ExtentsOf(options_.kernel_size, options_.dilation_rate), options_.strides.values);
}

absl::Status ConvLayer::Build(WeightBuilder& weights, absl::Span<const TensorType> inputs) {
  WEFT_RETURN_IF_ERROR(CheckPositive("filters", options_.filters));
  WEFT_RETURN_IF_ERROR(CheckPositive("groups", options_.groups));
  if (options_.filters % options_.groups != 0) {
    return InvalidArgument("filters must be divisible by groups; received filters ", options_.filters, ", groups ",
                           options_.groups);
  }
  WEFT_ASSIGN_OR_RETURN(const int64_t channels, CheckConvolution(options_.kernel_size, options_.strides,
                                                                 options_.dilation_rate, rank_, inputs));
  WEFT_RETURN_IF_ERROR(CheckStridesOrDilation(options_.strides, options_.dilation_rate));
  if (channels % options_.groups != 0) {
    return InvalidArgument("the input's channels must be divisible by groups; received ", inputs[0].ToString(),
                           " with ", channels, " channels, groups ", options_.groups);
  }
  WEFT_RETURN_IF_ERROR(Padding(inputs[0]).status());
  weights.Add("kernel", KernelShape(options_.kernel_size, channels / options_.groups, options_.filters),
              options_.kernel_initializer);
  if (options_.use_bias) weights.Add("bias", {options_.filters}, options_.bias_initializer);
  return absl::OkStatus();
}

std::vector<Value> ConvLayer::Call(CallContext& context, absl::Span<const Value> inputs) const {
  const absl::StatusOr<SpatialPadding> padding = Padding(inputs[0].type());
  if (!padding.ok()) return {context.builder().Error(padding.status())};
  Conv2DOptions options = ImageOptions(options_.strides, options_.dilation_rate, *padding);
  options.groups = options_.groups;
  const Value z = Conv2D(AsImage(inputs[0]), AsImageKernel(context.Weight("kernel")), std::move(options));
  return {FinishConvolution(context, z, options_.use_bias, options_.activation, rank_)};
}

}  // namespace weft
