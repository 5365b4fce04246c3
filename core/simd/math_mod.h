// Fmod and Mod. Contract: math.h.
#ifndef WEFT_CORE_SIMD_MATH_MOD_H_
#define WEFT_CORE_SIMD_MATH_MOD_H_

#include <cstdint>

#include "core/simd/math_util.h"
#include "core/simd/vec.h"

namespace weft::simd {

namespace internal {

// |x| mod |y| of one pair of finite floats, y != 0, by long division in integers. Out of line: rare and long. Going
// through double makes normal numbers of denormals (or zeros, with DAZ) and flushes a denormal result with FTZ.
template <class Arch>
__attribute__((noinline)) float ModLong(float x, float y) {
  const uint64_t x_bits = __builtin_bit_cast(uint64_t, static_cast<double>(x)) & (~uint64_t{0} >> 1);
  const uint64_t y_bits = __builtin_bit_cast(uint64_t, static_cast<double>(y)) & (~uint64_t{0} >> 1);
  if (x_bits < y_bits) return static_cast<float>(__builtin_bit_cast(double, x_bits));
  // Each is m * 2^(e - 1023 - 23), m of 24 bits.
  const uint64_t hidden = uint64_t{1} << 23;
  const uint64_t x_m = ((x_bits >> 29) & (hidden - 1)) | hidden;
  const uint64_t y_m = ((y_bits >> 29) & (hidden - 1)) | hidden;
  const int64_t y_e = static_cast<int64_t>(y_bits >> 52);
  uint64_t r = x_m % y_m;
  for (int64_t shift = static_cast<int64_t>(x_bits >> 52) - y_e; shift > 0 && r != 0; shift -= 40) {
    r = (r << (shift < 40 ? shift : 40)) % y_m;
  }
  const double unit = __builtin_bit_cast(double, static_cast<uint64_t>(y_e - 23) << 52);
  return static_cast<float>(static_cast<double>(r) * unit);
}

// |x| mod |y|; NaN if x is not finite, or y is 0 or NaN.
template <class Arch>
WEFT_SIMD_INLINE F32<Arch> ModMagnitude(F32<Arch> x, F32<Arch> y) {
  const F32<Arch> inf = Const<Arch>(kInf);
  const F32<Arch> zero = F32<Arch>::Zero();
  const F32<Arch> a = Abs(x);
  const F32<Arch> b = Abs(y);
  // The quotient may be one too large or too small: a - q * b is exact all the same, and one step puts it right.
  const F32<Arch> quotient = Div(a, b);
  F32<Arch> r = Fnma(Trunc(quotient), b, a);
  r = Select(Lt(r, zero), Add(r, b), r);
  r = Select(Ge(r, b), Sub(r, b), r);
  const M32<Arch> valid = And(Lt(a, inf), And(Gt(b, zero), Lt(b, inf)));
  // Large quotients, and those whose remainder is near the denormals, where the steps above are not exact.
  const M32<Arch> easy = And(Lt(quotient, Const<Arch>(4194304.0f)), Ge(b, Const<Arch>(1.0e-30f)));
  const M32<Arch> hard = And(valid, Not(easy));
  if (__builtin_expect(Any(hard), 0)) {
    float as[Arch::kLanes];
    float bs[Arch::kLanes];
    float rs[Arch::kLanes] = {};
    Select(hard, a, zero).Store(as);
    Select(hard, b, zero).Store(bs);
    for (int i = 0; i < Arch::kLanes; ++i) {
      if (bs[i] != 0.0f) rs[i] = ModLong<Arch>(as[i], bs[i]);
    }
    r = Select(hard, F32<Arch>::Load(rs), r);
  }
  const M32<Arch> whole = And(Lt(a, inf), Eq(b, inf));
  return Select(valid, r, Select(whole, Add(a, zero), Const<Arch>(kNan)));
}

}  // namespace internal

template <class Arch>
WEFT_SIMD_INLINE F32<Arch> Fmod(F32<Arch> x, F32<Arch> y) {
  return CopySign(internal::ModMagnitude(x, y), x);
}

template <class Arch>
WEFT_SIMD_INLINE F32<Arch> Mod(F32<Arch> x, F32<Arch> y) {
  const F32<Arch> r = CopySign(internal::ModMagnitude(x, y), x);
  const F32<Arch> zero = F32<Arch>::Zero();
  const M32<Arch> other_sign = Xor(Lt(r, zero), Lt(y, zero));
  return Select(Eq(r, zero), CopySign(zero, y), Select(other_sign, Add(r, y), r));
}

}  // namespace weft::simd

#endif  // WEFT_CORE_SIMD_MATH_MOD_H_
