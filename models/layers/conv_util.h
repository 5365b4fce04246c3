// What the convolution layers share.
#ifndef WEFT_MODELS_LAYERS_CONV_UTIL_H_
#define WEFT_MODELS_LAYERS_CONV_UTIL_H_

#include <string>
#include <vector>

#include "models/layers/layer.h"
#include "models/layers/spatial.h"
#include "ops/conv/conv.h"

namespace weft {

// Checks of the options kernel_size, strides and dilation_rate, of an input with a known number of channels, which is
// the result.
absl::StatusOr<int64_t> CheckConvolution(const Sizes& kernel_size, const Sizes& strides, const Sizes& dilation_rate,
                                         int rank, absl::Span<const TensorType> inputs);
absl::Status CheckPositive(absl::string_view name, int64_t value);
// Keras does not combine the two.
absl::Status CheckStridesOrDilation(const Sizes& strides, const Sizes& dilation_rate);

// How far the kernel reaches along each axis: (kernel_size - 1) * dilation + 1.
std::vector<int64_t> ExtentsOf(const Sizes& kernel_size, const Sizes& dilation_rate);

// A kernel's shape: kernel_size..., channels, filters.
Shape KernelShape(const Sizes& kernel_size, int64_t channels, int64_t filters);
// A kernel [k, c, f] of sequences as [1, k, c, f], that of images of height 1.
Value AsImageKernel(Value kernel);

// The options as those of the op on images.
Conv2DOptions ImageOptions(const Sizes& strides, const Sizes& dilation_rate, const SpatialPadding& padding);

// Each channel of x (a sequence or an image) with its kernels [kernel_size..., channels, multiplier]; the result is an
// image.
Value DepthwiseConvolution(CallContext& context, Value x, Value kernel, const Sizes& kernel_size, const Sizes& strides,
                           const Sizes& dilation_rate, const std::string& padding);

// activation(z + bias), as a plain chain behind the convolution so that it fuses, and as a sequence again where rank
// is 1. `use_bias`: there is a weight "bias".
Value FinishConvolution(CallContext& context, Value z, bool use_bias, const ActivationRef& activation, int rank);

}  // namespace weft

#endif  // WEFT_MODELS_LAYERS_CONV_UTIL_H_
