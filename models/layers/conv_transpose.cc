#include "models/layers/conv_transpose.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_join.h"
#include "core/status.h"
#include "models/layers/conv_util.h"

namespace weft {

ConvTransposeLayer::ConvTransposeLayer(int rank, ConvTransposeOptions options)
    : rank_(rank), options_(std::move(options)) {
  name_ = options_.name;
  trainable_ = options_.trainable;
  for (Sizes* sizes : {&options_.kernel_size, &options_.strides, &options_.output_padding, &options_.dilation_rate}) {
    ExpandSizes(*sizes, rank_);
  }
}

void ConvTransposeLayer::VisitConfig(ConfigVisitor& visitor) {
  VisitLayer(visitor);
  visitor.Field("filters", options_.filters);
  VisitSizes(visitor, "kernel_size", rank_, options_.kernel_size);
  VisitSizes(visitor, "strides", rank_, options_.strides);
  visitor.Field("padding", options_.padding);
  VisitOptionalSizes(visitor, "output_padding", rank_, options_.output_padding);
  visitor.MustBeOrNull("data_format", "\"channels_last\"");
  VisitSizes(visitor, "dilation_rate", rank_, options_.dilation_rate);
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

absl::Status ConvTransposeLayer::Build(WeightBuilder& weights, absl::Span<const TensorType> inputs) {
  WEFT_RETURN_IF_ERROR(CheckPositive("filters", options_.filters));
  WEFT_ASSIGN_OR_RETURN(const int64_t channels, CheckConvolution(options_.kernel_size, options_.strides,
                                                                 options_.dilation_rate, rank_, inputs));
  WEFT_RETURN_IF_ERROR(CheckStridesOrDilation(options_.strides, options_.dilation_rate));
  WEFT_RETURN_IF_ERROR(CheckPaddingName(options_.padding, false));
  const std::vector<int64_t>& extra = options_.output_padding.values;
  if (!extra.empty()) {
    WEFT_RETURN_IF_ERROR(CheckSizes("output_padding", options_.output_padding, rank_, 0));
    for (size_t i = 0; i < extra.size(); ++i) {
      if (extra[i] < options_.strides.values[i]) continue;
      return InvalidArgument("output_padding must be less than strides; received output_padding [",
                             absl::StrJoin(extra, ","), "], strides [", absl::StrJoin(options_.strides.values, ","),
                             "]");
    }
  }
  weights.Add("kernel", KernelShape(options_.kernel_size, options_.filters, channels), options_.kernel_initializer);
  if (options_.use_bias) weights.Add("bias", {options_.filters}, options_.bias_initializer);
  return absl::OkStatus();
}

ConvTransposeLayer::Geometry ConvTransposeLayer::GeometryOf(const TensorType& input) const {
  const bool same = absl::AsciiStrToLower(options_.padding) == "same";
  const std::vector<int64_t> extents = ExtentsOf(options_.kernel_size, options_.dilation_rate);
  Geometry g;
  g.output.push_back(input.shape[0]);
  if (rank_ == 1) g.output.push_back(1);
  for (int i = 0; i < rank_; ++i) {
    const int64_t extent = extents[i], stride = options_.strides.values[i];
    const bool given = !options_.output_padding.values.empty();
    const int64_t extra = given ? options_.output_padding.values[i] : 0;
    // y has `rest` positions more than (size - 1) * stride; the convolution over y begins `low` before it.
    int64_t rest, low = 0;
    if (same) {
      rest = given ? extent % 2 + extra : stride;
      const int64_t padded = extent + rest - 2;
      low = extent - 1 - std::min(padded / 2 + padded % 2, extent - 1);
    } else {
      rest = given ? extent + extra : std::max(extent, stride);
    }
    g.output.push_back((input.shape[1 + i] - Dim(1)) * Dim(stride) + Dim(rest));
    g.padding.low.push_back(low);
    g.padding.high.push_back(std::max<int64_t>(extent - low - rest, 0));
  }
  g.output.push_back(options_.filters);
  return g;
}

std::vector<Value> ConvTransposeLayer::Call(CallContext& context, absl::Span<const Value> inputs) const {
  const Geometry g = GeometryOf(inputs[0].type());
  const Value z = Conv2DInputGradient(AsImage(inputs[0]), AsImageKernel(context.Weight("kernel")), g.output,
                                      ImageOptions(options_.strides, options_.dilation_rate, g.padding));
  return {FinishConvolution(context, z, options_.use_bias, options_.activation, rank_)};
}

}  // namespace weft
