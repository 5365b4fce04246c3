// The bodies of f32_kernels.h, over an instruction set. Included by the files of the instruction sets only.
//
// Lanes run across channels: a window is walked once per block of one or two vectors of them, and the last block of an
// image's channels may be a part of a vector.
#ifndef WEFT_OPS_POOL_F32_KERNELS_BODY_H_
#define WEFT_OPS_POOL_F32_KERNELS_BODY_H_

#include "core/simd/vec.h"
#include "ops/pool/f32_kernels.h"

namespace weft {

template <class Arch, bool kPart>
WEFT_SIMD_INLINE simd::F32<Arch> PoolLoad(const float* p, int64_t n) {
  return kPart ? simd::F32<Arch>::LoadN(p, n) : simd::F32<Arch>::Load(p);
}
template <class Arch, bool kPart>
WEFT_SIMD_INLINE void PoolStore(simd::F32<Arch> v, float* p, int64_t n) {
  kPart ? v.StoreN(p, n) : v.Store(p);
}

// body.Run<vectors, part>(channel, n): whole vectors from `channel` on, or (part) the first n lanes of one.
template <class Arch, class Body>
WEFT_SIMD_INLINE void ForChannels(int64_t channels, const Body& body) {
  constexpr int kLanes = Arch::kLanes;
  int64_t c = 0;
  for (; c + 2 * kLanes <= channels; c += 2 * kLanes) body.template Run<2, false>(c, 0);
  if (c + kLanes <= channels) {
    body.template Run<1, false>(c, 0);
    c += kLanes;
  }
  if (c < channels) body.template Run<1, true>(c, channels - c);
}

// A window's elements: `rows` runs of `columns` pixels. `row` and `pixel` are the steps from one to the next, in
// floats.
struct PoolWindow {
  int64_t rows, columns, row, pixel;
};

// f(offset, position) for each pixel of the window in row-major order. 2x2, by far the commonest, is unrolled.
template <class Arch, class F>
WEFT_SIMD_INLINE void ForPixels(const PoolWindow& w, F f) {
  if (w.rows == 2 && w.columns == 2) {
    f(0, 0);
    f(w.pixel, 1);
    f(w.row, 2);
    f(w.row + w.pixel, 3);
    return;
  }
  int32_t position = 0;
  for (int64_t r = 0; r < w.rows; ++r) {
    int64_t at = r * w.row;
    for (int64_t q = 0; q < w.columns; ++q, at += w.pixel) f(at, position++);
  }
}

// Whether x takes over from the maximum so far.
template <class Arch>
WEFT_SIMD_INLINE simd::M32<Arch> TakesOver(simd::F32<Arch> x, simd::F32<Arch> best) {
  return simd::Or(simd::Gt(x, best), simd::IsNan(x));
}

template <class Arch>
struct MaxWindowF32 {
  PoolWindow window;
  const float* x;
  float* y;

  template <int kVectors, bool kPart>
  WEFT_SIMD_INLINE void Run(int64_t c, int64_t n) const {
    using V = simd::F32<Arch>;
    V best[kVectors];
    WEFT_UNROLL
    for (int k = 0; k < kVectors; ++k) best[k] = V::Broadcast(-__builtin_inff());
    ForPixels<Arch>(
        window, [&](int64_t at, int32_t) __attribute__((always_inline)) {
          WEFT_UNROLL
          for (int k = 0; k < kVectors; ++k) {
            const V v = PoolLoad<Arch, kPart>(x + at + c + k * Arch::kLanes, n);
            best[k] = simd::Select(TakesOver(v, best[k]), v, best[k]);
          }
        });
    WEFT_UNROLL
    for (int k = 0; k < kVectors; ++k) PoolStore<Arch, kPart>(best[k], y + c + k * Arch::kLanes, n);
  }
};

template <class Arch>
struct AverageWindowF32 {
  PoolWindow window;
  const float* x;
  float* y;

  template <int kVectors, bool kPart>
  WEFT_SIMD_INLINE void Run(int64_t c, int64_t n) const {
    using V = simd::F32<Arch>;
    V sum[kVectors];
    WEFT_UNROLL
    for (int k = 0; k < kVectors; ++k) sum[k] = V::Zero();
    ForPixels<Arch>(
        window, [&](int64_t at, int32_t) __attribute__((always_inline)) {
          WEFT_UNROLL
          for (int k = 0; k < kVectors; ++k) {
            sum[k] = simd::Add(sum[k], PoolLoad<Arch, kPart>(x + at + c + k * Arch::kLanes, n));
          }
        });
    const V count = V::Broadcast(static_cast<float>(window.rows * window.columns));
    WEFT_UNROLL
    for (int k = 0; k < kVectors; ++k) {
      PoolStore<Arch, kPart>(simd::Div(sum[k], count), y + c + k * Arch::kLanes, n);
    }
  }
};

template <class Arch>
struct PickWindowF32 {
  PoolWindow window;
  const float* x;
  const float* values;
  float* y;

  template <int kVectors, bool kPart>
  WEFT_SIMD_INLINE void Run(int64_t c, int64_t n) const {
    using V = simd::F32<Arch>;
    V best[kVectors], picked[kVectors];
    WEFT_UNROLL
    for (int k = 0; k < kVectors; ++k) {
      best[k] = V::Broadcast(-__builtin_inff());
      // A window of -inf alone: nobody takes over, and the first counts.
      picked[k] =
          window.rows * window.columns > 0 ? PoolLoad<Arch, kPart>(values + c + k * Arch::kLanes, n) : V::Zero();
    }
    ForPixels<Arch>(
        window, [&](int64_t at, int32_t) __attribute__((always_inline)) {
          WEFT_UNROLL
          for (int k = 0; k < kVectors; ++k) {
            const V v = PoolLoad<Arch, kPart>(x + at + c + k * Arch::kLanes, n);
            const V value = PoolLoad<Arch, kPart>(values + at + c + k * Arch::kLanes, n);
            const simd::M32<Arch> takes = TakesOver(v, best[k]);
            best[k] = simd::Select(takes, v, best[k]);
            picked[k] = simd::Select(takes, value, picked[k]);
          }
        });
    WEFT_UNROLL
    for (int k = 0; k < kVectors; ++k) PoolStore<Arch, kPart>(picked[k], y + c + k * Arch::kLanes, n);
  }
};

// Which pixel of the window has the first maximum.
template <class Arch, int kVectors, bool kPart>
WEFT_SIMD_INLINE void FirstMaximum(const PoolWindow& window, const float* x, int64_t n, simd::I32<Arch>* first) {
  using V = simd::F32<Arch>;
  V best[kVectors];
  WEFT_UNROLL
  for (int k = 0; k < kVectors; ++k) {
    best[k] = V::Broadcast(-__builtin_inff());
    first[k] = simd::I32<Arch>::Zero();
  }
  ForPixels<Arch>(
      window, [&](int64_t at, int32_t position) __attribute__((always_inline)) {
        WEFT_UNROLL
        for (int k = 0; k < kVectors; ++k) {
          const V v = PoolLoad<Arch, kPart>(x + at + k * Arch::kLanes, n);
          const simd::M32<Arch> takes = TakesOver(v, best[k]);
          best[k] = simd::Select(takes, v, best[k]);
          first[k] = simd::Select(takes, simd::I32<Arch>::Broadcast(position), first[k]);
        }
      });
}

// dx has the geometry of x around this window, and is written entirely.
template <class Arch>
struct MaxGradientWindowF32 {
  PoolWindow window;
  const float* x;
  const float* dy;
  float* dx;

  template <int kVectors, bool kPart>
  WEFT_SIMD_INLINE void Run(int64_t c, int64_t n) const {
    using V = simd::F32<Arch>;
    simd::I32<Arch> first[kVectors];
    FirstMaximum<Arch, kVectors, kPart>(window, x + c, n, first);
    V d[kVectors];
    WEFT_UNROLL
    for (int k = 0; k < kVectors; ++k) {
      d[k] = simd::Add(PoolLoad<Arch, kPart>(dy + c + k * Arch::kLanes, n), V::Zero());  // from +0: -0 becomes +0
    }
    ForPixels<Arch>(
        window, [&](int64_t at, int32_t position) __attribute__((always_inline)) {
          WEFT_UNROLL
          for (int k = 0; k < kVectors; ++k) {
            const simd::M32<Arch> here = simd::Eq(first[k], simd::I32<Arch>::Broadcast(position));
            PoolStore<Arch, kPart>(simd::Select(here, d[k], V::Zero()), dx + at + c + k * Arch::kLanes, n);
          }
        });
  }
};

template <class Arch>
struct AverageGradientWindowF32 {
  PoolWindow window;
  const float* dy;
  float* dx;

  template <int kVectors, bool kPart>
  WEFT_SIMD_INLINE void Run(int64_t c, int64_t n) const {
    using V = simd::F32<Arch>;
    const V count = V::Broadcast(static_cast<float>(window.rows * window.columns));
    V d[kVectors];
    WEFT_UNROLL
    for (int k = 0; k < kVectors; ++k) {
      d[k] = simd::Add(simd::Div(PoolLoad<Arch, kPart>(dy + c + k * Arch::kLanes, n), count), V::Zero());
    }
    ForPixels<Arch>(
        window, [&](int64_t at, int32_t) __attribute__((always_inline)) {
          WEFT_UNROLL
          for (int k = 0; k < kVectors; ++k) PoolStore<Arch, kPart>(d[k], dx + at + c + k * Arch::kLanes, n);
        });
  }
};

// ---- over windows

WEFT_SIMD_INLINE PoolWindow WindowOf(const PoolGeometry& g, PoolSpan rows, PoolSpan columns) {
  return {rows.size(), columns.size(), g.columns.size * g.channels, g.channels};
}

// body(window, offset in x, offset in y from the first unit) for each window of the units.
template <class Arch, class Body>
WEFT_SIMD_INLINE void ForWindows(const PoolGeometry& g, int64_t begin, int64_t end, Body body) {
  int64_t to = 0;
  for (int64_t unit = begin; unit < end; ++unit) {
    const PoolSpan rows = g.rows.Window(unit % g.rows.windows);
    const int64_t row = unit / g.rows.windows * g.rows.size + rows.begin;
    for (int64_t o = 0; o < g.columns.windows; ++o, to += g.channels) {
      const PoolSpan columns = g.columns.Window(o);
      body(WindowOf(g, rows, columns), (row * g.columns.size + columns.begin) * g.channels, to);
    }
  }
}

template <class Arch>
void MaxF32(const PoolGeometry& g, const float* x, int64_t begin, int64_t end, float* y) {
  ForWindows<Arch>(
      g, begin, end, [&](const PoolWindow& window, int64_t from, int64_t to) __attribute__((always_inline)) {
        ForChannels<Arch>(g.channels, MaxWindowF32<Arch>{window, x + from, y + to});
      });
}

template <class Arch>
void AverageF32(const PoolGeometry& g, const float* x, int64_t begin, int64_t end, float* y) {
  ForWindows<Arch>(
      g, begin, end, [&](const PoolWindow& window, int64_t from, int64_t to) __attribute__((always_inline)) {
        ForChannels<Arch>(g.channels, AverageWindowF32<Arch>{window, x + from, y + to});
      });
}

template <class Arch>
void MaxPickF32(const PoolGeometry& g, const float* x, const float* values, int64_t begin, int64_t end, float* y) {
  ForWindows<Arch>(
      g, begin, end, [&](const PoolWindow& window, int64_t from, int64_t to) __attribute__((always_inline)) {
        ForChannels<Arch>(g.channels, PickWindowF32<Arch>{window, x + from, values + from, y + to});
      });
}

template <class Arch>
WEFT_SIMD_INLINE void Clear(float* to, int64_t n) {
  if (n > 0) __builtin_memset(to, 0, static_cast<size_t>(n) * sizeof(float));
}

// Disjoint windows: each unit writes its band of rows, the windows by body(window, offset in x, offset in dy, dx) and
// zeros between them.
template <class Arch, class Body>
WEFT_SIMD_INLINE void ForBands(const PoolGeometry& g, int64_t begin, int64_t end, float* dx, Body body) {
  const int64_t line = g.columns.size * g.channels;
  for (int64_t unit = begin; unit < end; ++unit) {
    const int64_t image = unit / g.rows.windows, o = unit % g.rows.windows;
    const PoolSpan band = g.rows.Band(o), rows = g.rows.Window(o);
    const int64_t x = (image * g.rows.size + rows.begin) * line;
    Clear<Arch>(dx, (rows.begin - band.begin) * line);
    dx += (rows.begin - band.begin) * line;
    int64_t done = 0, dy = unit * g.columns.windows * g.channels;
    for (int64_t p = 0; p <= g.columns.windows; ++p, dy += g.channels) {
      const bool last = p == g.columns.windows;
      const PoolSpan columns = last ? PoolSpan{g.columns.size, g.columns.size} : g.columns.Window(p);
      if (columns.begin > done) {
        for (int64_t r = 0; r < rows.size(); ++r) {
          Clear<Arch>(dx + r * line + done * g.channels, (columns.begin - done) * g.channels);
        }
      }
      if (last) break;
      body(WindowOf(g, rows, columns), x + columns.begin * g.channels, dy, dx + columns.begin * g.channels);
      done = columns.end;
    }
    dx += rows.size() * line;
    Clear<Arch>(dx, (band.end - rows.end) * line);
    dx += (band.end - rows.end) * line;
  }
}

// The rows [begin, end) of one image, to which the windows that reach into them add in order.
template <class Arch>
struct OverlappingMaxF32 {
  PoolWindow window;
  int64_t first_row, end_row;  // of the window: those that are in the range
  const float* x;
  const float* dy;
  float* dx;  // where the window's first element is, or would be

  template <int kVectors, bool kPart>
  WEFT_SIMD_INLINE void Run(int64_t c, int64_t n) const {
    using V = simd::F32<Arch>;
    simd::I32<Arch> first[kVectors];
    FirstMaximum<Arch, kVectors, kPart>(window, x + c, n, first);
    for (int64_t r = first_row; r < end_row; ++r) {
      for (int64_t q = 0; q < window.columns; ++q) {
        const simd::I32<Arch> position = simd::I32<Arch>::Broadcast(static_cast<int32_t>(r * window.columns + q));
        float* to = dx + (r - first_row) * window.row + q * window.pixel + c;
        WEFT_UNROLL
        for (int k = 0; k < kVectors; ++k) {
          const V d = PoolLoad<Arch, kPart>(dy + c + k * Arch::kLanes, n);
          const V here = simd::Select(simd::Eq(first[k], position), d, V::Zero());
          const V sum = simd::Add(PoolLoad<Arch, kPart>(to + k * Arch::kLanes, n), here);
          PoolStore<Arch, kPart>(sum, to + k * Arch::kLanes, n);
        }
      }
    }
  }
};

template <class Arch>
WEFT_SIMD_INLINE void MaxGradientRows(const PoolGeometry& g, const float* x, const float* dy, PoolSpan range,
                                      float* dx) {
  const int64_t line = g.columns.size * g.channels;
  Clear<Arch>(dx, range.size() * line);
  const int64_t first = g.rows.Holding(range.begin).begin, end = g.rows.Holding(range.end - 1).end;
  for (int64_t o = first; o < end; ++o) {
    const PoolSpan rows = g.rows.Window(o);
    const int64_t from = rows.begin > range.begin ? rows.begin : range.begin;
    const int64_t to = rows.end < range.end ? rows.end : range.end;
    for (int64_t p = 0; p < g.columns.windows; ++p) {
      const PoolSpan columns = g.columns.Window(p);
      ForChannels<Arch>(g.channels,
                        OverlappingMaxF32<Arch>{WindowOf(g, rows, columns), from - rows.begin, to - rows.begin,
                                                x + rows.begin * line + columns.begin * g.channels,
                                                dy + (o * g.columns.windows + p) * g.channels,
                                                dx + (from - range.begin) * line + columns.begin * g.channels});
    }
  }
}

template <class Arch>
void MaxGradientF32(const PoolGeometry& g, const float* x, const float* dy, int64_t begin, int64_t end, float* dx) {
  if (g.disjoint) {
    ForBands<Arch>(
        g, begin, end,
        dx, [&](const PoolWindow& window, int64_t from, int64_t y, float* to) __attribute__((always_inline)) {
          ForChannels<Arch>(g.channels, MaxGradientWindowF32<Arch>{window, x + from, dy + y, to});
        });
    return;
  }
  const int64_t h = g.rows.size, line = g.columns.size * g.channels;
  const int64_t windows = g.rows.windows * g.columns.windows * g.channels;
  for (int64_t row = begin; row < end;) {
    const int64_t image = row / h, next = (image + 1) * h < end ? (image + 1) * h : end;
    MaxGradientRows<Arch>(g, x + image * h * line, dy + image * windows, {row - image * h, next - image * h}, dx);
    dx += (next - row) * line;
    row = next;
  }
}

// One pixel of dx: the windows that hold it, in order.
template <class Arch>
struct AverageGradientPixelF32 {
  const PoolGeometry& g;
  PoolSpan rows, columns;  // of windows
  const float* dy;         // of the image
  float* dx;

  template <int kVectors, bool kPart>
  WEFT_SIMD_INLINE void Run(int64_t c, int64_t n) const {
    using V = simd::F32<Arch>;
    V sum[kVectors];
    WEFT_UNROLL
    for (int k = 0; k < kVectors; ++k) sum[k] = V::Zero();
    for (int64_t o = rows.begin; o < rows.end; ++o) {
      const int64_t height = g.rows.Window(o).size();
      for (int64_t p = columns.begin; p < columns.end; ++p) {
        const V count = V::Broadcast(static_cast<float>(height * g.columns.Window(p).size()));
        const float* d = dy + (o * g.columns.windows + p) * g.channels + c;
        WEFT_UNROLL
        for (int k = 0; k < kVectors; ++k) {
          sum[k] = simd::Add(sum[k], simd::Div(PoolLoad<Arch, kPart>(d + k * Arch::kLanes, n), count));
        }
      }
    }
    WEFT_UNROLL
    for (int k = 0; k < kVectors; ++k) PoolStore<Arch, kPart>(sum[k], dx + c + k * Arch::kLanes, n);
  }
};

template <class Arch>
void AverageGradientF32(const PoolGeometry& g, const float* dy, int64_t begin, int64_t end, float* dx) {
  if (g.disjoint) {
    ForBands<Arch>(
        g, begin, end, dx, [&](const PoolWindow& window, int64_t, int64_t y, float* to) __attribute__((always_inline)) {
          ForChannels<Arch>(g.channels, AverageGradientWindowF32<Arch>{window, dy + y, to});
        });
    return;
  }
  for (int64_t row = begin; row < end; ++row) {
    const int64_t image = row / g.rows.size;
    const float* d = dy + image * g.rows.windows * g.columns.windows * g.channels;
    const PoolSpan rows = g.rows.Holding(row - image * g.rows.size);
    for (int64_t q = 0; q < g.columns.size; ++q, dx += g.channels) {
      ForChannels<Arch>(g.channels, AverageGradientPixelF32<Arch>{g, rows, g.columns.Holding(q), d, dx});
    }
  }
}

template <class Arch>
const PoolF32& PoolF32Table() {
  static constexpr PoolF32 kTable = {MaxF32<Arch>, AverageF32<Arch>, MaxPickF32<Arch>, MaxGradientF32<Arch>,
                                     AverageGradientF32<Arch>};
  return kTable;
}

}  // namespace weft

#endif  // WEFT_OPS_POOL_F32_KERNELS_BODY_H_
