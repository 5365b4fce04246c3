// Bodies that are done on the sums while they are in registers: relu(sum + bias), or a part of it; and maxima of 2 x 2
// positions. Included by the per-ISA files only.
#ifndef WEFT_OPS_CONV_PLAIN_BODY_H_
#define WEFT_OPS_CONV_PLAIN_BODY_H_

#include <cstdint>

#include "core/simd/vec.h"
#include "ops/conv/conv_plan.h"

namespace weft::conv {

// `n` lanes are there: all of them, or those of a last vector.
template <class Arch>
WEFT_SIMD_INLINE simd::F32<Arch> LoadLanes(const float* p, int64_t n) {
  return n >= Arch::kLanes ? simd::F32<Arch>::Load(p) : simd::F32<Arch>::LoadN(p, n);
}
template <class Arch>
WEFT_SIMD_INLINE void StoreLanes(simd::F32<Arch> v, float* p, int64_t n) {
  n >= Arch::kLanes ? v.Store(p) : v.StoreN(p, n);
}

// The first maximum of four vectors, as max_pool2d finds it: one takes over if it is greater, or NaN.
template <class Arch>
WEFT_SIMD_INLINE simd::F32<Arch> FirstMaximum(simd::F32<Arch> a, simd::F32<Arch> b, simd::F32<Arch> c,
                                              simd::F32<Arch> d) {
  a = Select(Or(Gt(b, a), IsNan(b)), b, a);
  a = Select(Or(Gt(c, a), IsNan(c)), c, a);
  return Select(Or(Gt(d, a), IsNan(d)), d, a);
}

// The same, and its place, 0 to 3; 4 if it is not greater than 0.
template <class Arch>
WEFT_SIMD_INLINE simd::F32<Arch> FirstMaximum(simd::F32<Arch> a, simd::F32<Arch> b, simd::F32<Arch> c,
                                              simd::F32<Arch> d, uint8_t* place, int64_t n) {
  using V = simd::F32<Arch>;
  using I = simd::I32<Arch>;
  I first = I::Zero();
  const auto next = [&](V v, int32_t k) __attribute__((always_inline)) {
    const simd::M32<Arch> takes = Or(Gt(v, a), IsNan(v));
    a = Select(takes, v, a);
    first = Select(takes, I::Broadcast(k), first);
  };
  next(b, 1);
  next(c, 2);
  next(d, 3);
  int32_t places[Arch::kLanes];
  Select(Gt(a, V::Zero()), first, I::Broadcast(4)).Store(places);
  const int count = n < Arch::kLanes ? static_cast<int>(n) : Arch::kLanes;
  if (count == Arch::kLanes) {
    for (int k = 0; k < Arch::kLanes; ++k) place[k] = static_cast<uint8_t>(places[k]);
  } else {
    for (int k = 0; k < count; ++k) place[k] = static_cast<uint8_t>(places[k]);
  }
  return a;
}

template <class Arch>
struct PlainBody {
  using V = simd::F32<Arch>;
  const float* bias = nullptr;
  bool relu = false;
  // The body may be done on the maximum alone: it never falls, and tells no zeros apart. A bias that is infinite would
  // make a NaN of a sum that is no maximum.
  bool on_maximum = false;

  PlainBody() = default;  // the sums as they are
  PlainBody(const ConvPlan& plan, const ConvCall& call, int64_t column)
      : bias(call.bias == nullptr ? nullptr : call.bias + column),
        relu(plan.relu),
        on_maximum(plan.relu && call.finite_bias) {}

  WEFT_SIMD_INLINE V Bias(int64_t column, int64_t n) const {
    return bias == nullptr ? V::Zero() : LoadLanes<Arch>(bias + column, n);
  }
  WEFT_SIMD_INLINE V Apply(V sum, V b) const {
    if (bias != nullptr) sum = Add(sum, b);
    return relu ? Relu(sum) : sum;
  }
  WEFT_SIMD_INLINE V Maximum(V s0, V s1, V s2, V s3, V b) const {
    if (on_maximum) return Apply(FirstMaximum(s0, s1, s2, s3), b);
    return FirstMaximum(Apply(s0, b), Apply(s1, b), Apply(s2, b), Apply(s3, b));
  }
  WEFT_SIMD_INLINE V Maximum(V s0, V s1, V s2, V s3, V b, uint8_t* place, int64_t n) const {
    if (place == nullptr) return Maximum(s0, s1, s2, s3, b);
    return FirstMaximum(Apply(s0, b), Apply(s1, b), Apply(s2, b), Apply(s3, b), place, n);
  }
};

}  // namespace weft::conv

#endif  // WEFT_OPS_CONV_PLAIN_BODY_H_
