// Pooling of images: the maximum, or the mean, of each window.
//
//   Value y = MaxPool2D(x);                                              // 2x2, one after the other
//   Value z = AveragePool2D(x, {.window = {3, 3}, .strides = {2, 2}, .padding_high = {1, 1}});
//
// Images lie as [n, h, w, c]; the result is [n, oh, ow, c], oh = floor((h + low + high - window) / stride) + 1, ow
// likewise. Padding takes no part: a window is what of it lies inside the image, which is at least one element, since
// padding is less than the window. 1-D pooling is that of an image with h = 1. Pooling over the whole image is
// ReduceMax or ReduceMean over axes 1 and 2.
//
// Batch, height and width may be symbolic. dtypes: floats.
//
// THE FIRST MAXIMUM of a window is found in row-major order: an element takes over from the one before if it is
// greater, or NaN. So -0 equals +0, and of several NaNs the last counts; a window with a NaN gives NaN.
#ifndef WEFT_OPS_POOL_POOL_H_
#define WEFT_OPS_POOL_POOL_H_

#include <cstdint>
#include <vector>

#include "graph/ir/builder.h"

namespace weft {

// Each pair is (height, width).
struct Pool2DOptions {
  std::vector<int64_t> window = {2, 2};        // >= 1
  std::vector<int64_t> strides = {};           // >= 1; empty: the window
  std::vector<int64_t> padding_low = {0, 0};   // 0 ... window - 1: above and to the left
  std::vector<int64_t> padding_high = {0, 0};  // 0 ... window - 1: below and to the right
  SourceLocation where = SourceLocation::current();
};

// The first maximum of each window.
Value MaxPool2D(Value x, Pool2DOptions options = {});

// The sum of each window, one chain from +0 in row-major order, divided by the number of its elements.
Value AveragePool2D(Value x, Pool2DOptions options = {});

// ---- what their gradients are made of; each is the transpose of another, so that derivatives of any order exist

// dx, of x's shape: each element of dy at the first maximum of its window in x. Where windows overlap: one chain from
// +0 over the windows in row-major order.
Value MaxPool2DGradient(Value x, Value dy, Pool2DOptions options = {});
// g, of x's shape, at the first maximum of each window in x. MaxPool2DPick(x, x) is MaxPool2D(x).
Value MaxPool2DPick(Value x, Value g, Pool2DOptions options = {});
// dx, of `shape`: each element of dy, divided by the number of elements of its window, at each of them. Where windows
// overlap: one chain from +0 over the windows in row-major order.
Value AveragePool2DGradient(Value dy, const Shape& shape, Pool2DOptions options = {});

}  // namespace weft

#endif  // WEFT_OPS_POOL_POOL_H_
