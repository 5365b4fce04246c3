#include "models/layers/conv_util.h"

#include <algorithm>

#include "absl/strings/str_join.h"
#include "core/status.h"
#include "ops/elementwise/elementwise.h"
#include "ops/shape/shape.h"

namespace weft {

absl::StatusOr<int64_t> CheckConvolution(const Sizes& kernel_size, const Sizes& strides, const Sizes& dilation_rate,
                                         int rank, absl::Span<const TensorType> inputs) {
  WEFT_RETURN_IF_ERROR(CheckSizes("kernel_size", kernel_size, rank, 1));
  WEFT_RETURN_IF_ERROR(CheckSizes("strides", strides, rank, 1));
  WEFT_RETURN_IF_ERROR(CheckSizes("dilation_rate", dilation_rate, rank, 1));
  WEFT_RETURN_IF_ERROR(ExpectSpatialFloatInput(inputs, rank));
  const Dim& channels = inputs[0].shape[rank + 1];
  if (channels.is_constant() && channels.value() >= 1) return channels.value();
  return InvalidArgument(
      "the last axis of the input, its channels, must have a known size of at least 1, for the "
      "kernel; received ",
      inputs[0].ToString());
}

absl::Status CheckPositive(absl::string_view name, int64_t value) {
  if (value >= 1) return absl::OkStatus();
  return InvalidArgument(name, " must be at least 1, received ", value);
}

absl::Status CheckStridesOrDilation(const Sizes& strides, const Sizes& dilation_rate) {
  const auto above_one = [](int64_t v) { return v > 1; };
  if (std::none_of(strides.values.begin(), strides.values.end(), above_one) ||
      std::none_of(dilation_rate.values.begin(), dilation_rate.values.end(), above_one)) {
    return absl::OkStatus();
  }
  return InvalidArgument("strides > 1 cannot be combined with dilation_rate > 1; received strides [",
                         absl::StrJoin(strides.values, ","), "], dilation_rate [",
                         absl::StrJoin(dilation_rate.values, ","), "]");
}

std::vector<int64_t> ExtentsOf(const Sizes& kernel_size, const Sizes& dilation_rate) {
  std::vector<int64_t> extents;
  for (size_t i = 0; i < kernel_size.values.size(); ++i) {
    extents.push_back((kernel_size.values[i] - 1) * dilation_rate.values[i] + 1);
  }
  return extents;
}

Shape KernelShape(const Sizes& kernel_size, int64_t channels, int64_t filters) {
  Shape shape = Shape::FromDims(kernel_size.values);
  shape.push_back(channels);
  shape.push_back(filters);
  return shape;
}

Value AsImageKernel(Value kernel) { return kernel.ok() && kernel.rank() == 3 ? ExpandDims(kernel, 0) : kernel; }

Conv2DOptions ImageOptions(const Sizes& strides, const Sizes& dilation_rate, const SpatialPadding& padding) {
  Conv2DOptions options;
  options.where = SourceLocation::current();
  options.strides = AsPair(strides.values, 1);
  options.dilations = AsPair(dilation_rate.values, 1);
  options.padding_low = AsPair(padding.low, 0);
  options.padding_high = AsPair(padding.high, 0);
  return options;
}

Value DepthwiseConvolution(CallContext& context, Value x, Value kernel, const Sizes& kernel_size, const Sizes& strides,
                           const Sizes& dilation_rate, const std::string& padding) {
  if (!x.ok() || !kernel.ok()) return x.ok() ? kernel : x;
  const absl::StatusOr<SpatialPadding> ends =
      ResolvePadding(padding, false, "kernel", x.type(), ExtentsOf(kernel_size, dilation_rate), strides.values);
  if (!ends.ok()) return context.builder().Error(ends.status());
  Conv2DOptions options = ImageOptions(strides, dilation_rate, *ends);
  const int last = kernel.rank() - 1;
  options.groups = kernel.shape()[last - 1].value();
  Shape grouped = kernel.shape();
  grouped[last] = grouped[last - 1] * grouped[last];
  grouped[last - 1] = 1;
  return Conv2D(AsImage(x), AsImageKernel(Reshape(kernel, grouped)), std::move(options));
}

Value FinishConvolution(CallContext& context, Value z, bool use_bias, const ActivationRef& activation, int rank) {
  if (use_bias) z = z + context.Weight("bias");
  if (rank == 2) return context.Activate(activation, z);
  // An axis that an activation names is one of the sequence's.
  if (activation.args.Find("axis") != nullptr) return context.Activate(activation, AsSequence(z));
  return AsSequence(context.Activate(activation, z));
}

}  // namespace weft
