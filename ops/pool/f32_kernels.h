// Float32 pooling, compiled for each instruction set; the same bits on all of them. No other header than this one is
// shared between those files and the rest of the family: see //ops:isa.bzl.
#ifndef WEFT_OPS_POOL_F32_KERNELS_H_
#define WEFT_OPS_POOL_F32_KERNELS_H_

#include <cstdint>

#include "core/simd/arch.h"

namespace weft {

struct PoolSpan {
  int64_t begin, end;
  WEFT_SIMD_INLINE int64_t size() const { return end - begin; }
};

// One axis of an image, and the windows along it. All functions leave no symbol behind.
struct PoolAxis {
  int64_t size = 0;    // of the image
  int64_t window = 1;  // of one window
  int64_t stride = 1;
  int64_t low = 0;      // padding before the image
  int64_t windows = 0;  // how many

  WEFT_SIMD_INLINE int64_t Clip(int64_t i) const { return i < 0 ? 0 : i > size ? size : i; }
  // What of window o lies inside the image.
  WEFT_SIMD_INLINE PoolSpan Window(int64_t o) const {
    return {Clip(o * stride - low), Clip(o * stride - low + window)};
  }
  // The windows that hold position i.
  WEFT_SIMD_INLINE PoolSpan Holding(int64_t i) const {
    const int64_t first = i + low - window + 1;  // no window that begins before holds it
    const int64_t begin = first <= 0 ? 0 : (first + stride - 1) / stride, end = (i + low) / stride + 1;
    return {begin < windows ? begin : windows, end < windows ? end : windows};
  }
  // REQUIRES: windows are disjoint, and there is one. From window o to the next; the first begins at 0, the last ends
  // at the image's end.
  WEFT_SIMD_INLINE PoolSpan Band(int64_t o) const {
    return {o == 0 ? 0 : Clip(o * stride - low), o == windows - 1 ? size : Clip((o + 1) * stride - low)};
  }
};

struct PoolGeometry {
  int64_t images = 0, channels = 0;
  PoolAxis rows, columns;
  // No two windows share an element: then the gradients take one pass, a band of rows after the other.
  bool disjoint = false;
};

// `y` and `dx` point to where the first unit's result goes; the other tensors begin at their first element. A unit is
//   max, average, max_pick: a row of windows of an image;
//   max_gradient, average_gradient: where windows are disjoint, the band of such a row; else a row of an image.
// max_gradient may write over x where windows are disjoint.
struct PoolF32 {
  void (*max)(const PoolGeometry& g, const float* x, int64_t begin, int64_t end, float* y);
  void (*average)(const PoolGeometry& g, const float* x, int64_t begin, int64_t end, float* y);
  void (*max_pick)(const PoolGeometry& g, const float* x, const float* values, int64_t begin, int64_t end, float* y);
  void (*max_gradient)(const PoolGeometry& g, const float* x, const float* dy, int64_t begin, int64_t end, float* dx);
  void (*average_gradient)(const PoolGeometry& g, const float* dy, int64_t begin, int64_t end, float* dx);
};

const PoolF32& PoolF32Baseline();
const PoolF32& PoolF32Avx2();
const PoolF32& PoolF32Avx512();

}  // namespace weft

#endif  // WEFT_OPS_POOL_F32_KERNELS_H_
