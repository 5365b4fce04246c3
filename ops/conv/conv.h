// Convolutions of images, and the two other products of the same three tensors.
//
//   Value y = Conv2D(x, kernel, {.padding_low = {1, 1}, .padding_high = {1, 1}}) + bias;   // 3x3, "same"
//   Value z = Conv2DInputGradient(y, kernel, shape, {.strides = {2, 2}});                  // a transposed convolution
//
// Images lie as [n, h, w, c], kernels as [kh, kw, c / groups, o]. A convolution is what deep learning calls so: a
// correlation, the kernel is not turned around. With groups = g the channels fall into g runs of equal length, and the
// outputs likewise: outputs of run i see channels of run i only; g = c is a depthwise convolution. A 1-D convolution is
// one with h = 1 and kh = 1.
//
// Each of the three is linear in both of its operands, and the gradients of each are the other two: derivatives of any
// order. Fused by the passes with the elementwise work behind them (conv2d_epilogue, conv2d_input_gradient_epilogue).
//
// Batch, height and width may be symbolic; kernel and channels are constants. dtypes: floats, one for all.
#ifndef WEFT_OPS_CONV_CONV_H_
#define WEFT_OPS_CONV_CONV_H_

#include <cstdint>
#include <vector>

#include "graph/ir/builder.h"

namespace weft {

// Each pair is (height, width).
struct Conv2DOptions {
  std::vector<int64_t> strides = {1, 1};       // >= 1
  std::vector<int64_t> dilations = {1, 1};     // >= 1: a kernel's taps are so far apart
  std::vector<int64_t> padding_low = {0, 0};   // >= 0: zeros above and to the left
  std::vector<int64_t> padding_high = {0, 0};  // >= 0: zeros below and to the right
  int64_t groups = 1;                          // divides c and o
  SourceLocation where = SourceLocation::current();
};

// y[n, i, j, o] = sum over a, b, c of x[n, i * stride + a * dilation - low, j * stride + b * dilation - low, c] *
// kernel[a, b, c, o], where x is 0 outside: [n,h,w,c] -> [n,oh,ow,o],
//   oh = floor((h + low + high - ((kh - 1) * dilation + 1)) / stride) + 1, ow likewise.
// A kernel that is larger than the padded image is an error.
// Order of the sum: one chain of fused multiply-adds from +0, ascending in (a, b, c); taps in the padding are left out.
Value Conv2D(Value x, Value kernel, Conv2DOptions options = {});

// The transpose of the linear map x -> Conv2D(x, kernel, options), with x of `input_shape`: what dy says of x. Also the
// transposed convolution of dy.
//   dx[n, i, j, c] = sum over a, b, o of dy[n, (i + low - a * dilation) / stride, (j + low - b * dilation) / stride, o]
//                    * kernel[a, b, c, o]
// over the taps (a, b) for which both divisions come out even; dy is 0 outside.
// Order of the sum: one chain from +0, descending in a, then descending in b, then ascending in o; taps outside dy
// are left out.
Value Conv2DInputGradient(Value dy, Value kernel, const Shape& input_shape, Conv2DOptions options = {});

// The transpose of kernel -> Conv2D(x, kernel, options), with a kernel of `kernel_shape`: what dy says of the kernel.
//   dk[a, b, c, o] = sum over n, i, j of x[n, i * stride + a * dilation - low, j * stride + b * dilation - low, c] *
//                    dy[n, i, j, o]
// Order of the sum: chunks of ConvChunk(oh * ow) images, each a chain from +0, ascending in (n, i, j); the chunks' sums
// are added in ascending order; padding takes part here, as zeros.
Value Conv2DKernelGradient(Value x, Value dy, const Shape& kernel_shape, Conv2DOptions options = {});

// Images that one chain of a kernel's gradient takes in: the smallest power of two for which it has 256 terms or more,
// 256 at most. So micro-batches whose sizes are multiples of 256 accumulate to the bits of the whole batch, and images
// of one position are summed as the rows of a matrix product are.
constexpr int64_t ConvChunk(int64_t positions) {
  int64_t images = 1;
  while (images < 256 && images * positions < 256) images *= 2;
  return images;
}

inline constexpr char kConv2DOp[] = "conv2d";
inline constexpr char kConv2DInputGradientOp[] = "conv2d_input_gradient";
inline constexpr char kConv2DKernelGradientOp[] = "conv2d_kernel_gradient";

// ---- what the passes make of it

// (x, kernel, extras...; attributes of conv2d, body) -> the body's outputs, each of the result's shape. The body is a
// function over scalars; its input 0 is an element of the result, its others are those of the extras, which broadcast.
inline constexpr char kConv2DEpilogueOp[] = "conv2d_epilogue";
// (dy, kernel, extras...; attributes of conv2d_input_gradient, body): the same.
inline constexpr char kConv2DInputGradientEpilogueOp[] = "conv2d_input_gradient_epilogue";

// (x, kernel, extras...; attributes of conv2d, body, keep) -> the body's one output, if `keep`, and the maxima of its 2
// x 2 windows: max_pool2d with window and strides of 2 and no padding. The extras broadcast along all axes but the
// last. If `winners` instead of `keep`: u8, for each window the place of its first maximum in row-major order, 0 to 3,
// or 4 if that is not greater than 0; and the maxima.
inline constexpr char kConv2DMaxPoolOp[] = "conv2d_max_pool2d";

// (x, dy, extras...; attributes of conv2d_kernel_gradient, sum_body) -> the kernel's gradient, then the outputs of
// sum_body, [o], whose input 0 is the sum of dy over all positions in the order of reduce_sum over axes 0, 1, 2.
inline constexpr char kConv2DWeightGradientsOp[] = "conv2d_weight_gradients";

// (x, winners, dpooled, extras...; attributes of conv2d_weight_gradients) -> conv2d_weight_gradients(x, dy, extras...)
// where dy is dpooled at the places that `winners` names, and 0 elsewhere: of relu in front of max_pool2d.
inline constexpr char kConv2DPooledWeightGradientsOp[] = "conv2d_pooled_weight_gradients";

}  // namespace weft

#endif  // WEFT_OPS_CONV_CONV_H_
