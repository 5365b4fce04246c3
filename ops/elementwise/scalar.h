// What each elementwise op means, for one element: floats in double, everything else in int64 (bools 0 and 1). The
// reference of every op is made of these, and the kernels are tested against it. Results of integers are to be wrapped
// to the width of their dtype (WrapInteger). Nothing here traps.
#ifndef WEFT_OPS_ELEMENTWISE_SCALAR_H_
#define WEFT_OPS_ELEMENTWISE_SCALAR_H_

#include <cmath>
#include <cstdint>

#include "core/dtype.h"

namespace weft::scalar {

// ---- wrapping int64 arithmetic
inline int64_t WrapAdd(int64_t a, int64_t b) {
  return static_cast<int64_t>(static_cast<uint64_t>(a) + static_cast<uint64_t>(b));
}
inline int64_t WrapSub(int64_t a, int64_t b) {
  return static_cast<int64_t>(static_cast<uint64_t>(a) - static_cast<uint64_t>(b));
}
inline int64_t WrapMul(int64_t a, int64_t b) {
  return static_cast<int64_t>(static_cast<uint64_t>(a) * static_cast<uint64_t>(b));
}
// The low bits of v as a number of the (non-float) dtype.
inline int64_t WrapInteger(DType dtype, int64_t v) {
  switch (dtype) {
    case DType::kInt32:
      return static_cast<int32_t>(v);
    case DType::kUInt8:
      return static_cast<uint8_t>(v);
    case DType::kBool:
      return v != 0;
    default:
      return v;
  }
}

// ---- unary
inline double Neg(double x) { return -x; }
inline int64_t Neg(int64_t x) { return WrapSub(0, x); }
inline double Abs(double x) { return std::fabs(x); }
inline int64_t Abs(int64_t x) { return x < 0 ? WrapSub(0, x) : x; }
inline double Sign(double x) { return x > 0 ? 1 : x < 0 ? -1 : x; }
inline int64_t Sign(int64_t x) { return (x > 0) - (x < 0); }
inline double Square(double x) { return x * x; }
inline int64_t Square(int64_t x) { return WrapMul(x, x); }
inline double Sqrt(double x) { return std::sqrt(x); }
inline double Rsqrt(double x) { return 1 / std::sqrt(x); }
inline double Exp(double x) { return std::exp(x); }
inline double Expm1(double x) { return std::expm1(x); }
inline double Log(double x) { return std::log(x); }
inline double Log1p(double x) { return std::log1p(x); }
inline double Sin(double x) { return std::sin(x); }
inline double Cos(double x) { return std::cos(x); }
inline double Tanh(double x) { return std::tanh(x); }
inline double Sigmoid(double x) { return x < 0 ? std::exp(x) / (1 + std::exp(x)) : 1 / (1 + std::exp(-x)); }
inline double Erf(double x) { return std::erf(x); }
double Erfinv(double x);
inline double Softplus(double x) { return (x > 0 ? x : x < 0 ? 0 : x) + std::log1p(std::exp(-std::fabs(x))); }
inline double Floor(double x) { return std::floor(x); }
inline double Ceil(double x) { return std::ceil(x); }
inline double Round(double x) {
  if (!(std::fabs(x) < 0x1p52)) return x;  // integral, infinite or NaN
  double below = std::floor(x), part = x - below;
  bool up = part > 0.5 || (part == 0.5 && std::fmod(below, 2) != 0);
  return std::copysign(up ? below + 1 : below, x);
}
inline int64_t LogicalNot(int64_t x) { return x == 0; }
inline bool IsNan(double x) { return std::isnan(x); }
inline bool IsFinite(double x) { return std::isfinite(x); }

// ---- binary
inline double Add(double a, double b) { return a + b; }
inline int64_t Add(int64_t a, int64_t b) { return WrapAdd(a, b); }
inline double Sub(double a, double b) { return a - b; }
inline int64_t Sub(int64_t a, int64_t b) { return WrapSub(a, b); }
inline double Mul(double a, double b) { return a * b; }
inline int64_t Mul(int64_t a, int64_t b) { return WrapMul(a, b); }
inline double Div(double a, double b) { return a / b; }
inline int64_t Div(int64_t a, int64_t b) { return b == 0 ? 0 : b == -1 ? WrapSub(0, a) : a / b; }
inline double Mod(double a, double b) {
  double r = std::fmod(a, b);
  if (r == 0) return std::copysign(0.0, b);
  return (r < 0) != (b < 0) ? r + b : r;  // a NaN r stays one
}
inline int64_t Mod(int64_t a, int64_t b) {
  if (b == 0 || b == -1) return 0;
  int64_t r = a % b;
  return r != 0 && (r < 0) != (b < 0) ? r + b : r;
}
inline double Pow(double a, double b) { return std::pow(a, b); }
// NaN if one is; -0 < +0.
inline double Minimum(double a, double b) {
  if (std::isnan(a) || std::isnan(b)) return a + b;
  return a < b || (a == b && std::signbit(a)) ? a : b;
}
inline int64_t Minimum(int64_t a, int64_t b) { return a < b ? a : b; }
inline double Maximum(double a, double b) {
  if (std::isnan(a) || std::isnan(b)) return a + b;
  return a > b || (a == b && !std::signbit(a)) ? a : b;
}
inline int64_t Maximum(int64_t a, int64_t b) { return a > b ? a : b; }
inline double Relu(double x) { return Maximum(x, 0.0); }
inline int64_t LogicalAnd(int64_t a, int64_t b) { return a != 0 && b != 0; }
inline int64_t LogicalOr(int64_t a, int64_t b) { return a != 0 || b != 0; }
inline int64_t LogicalXor(int64_t a, int64_t b) { return (a != 0) != (b != 0); }

// ---- comparisons
template <typename T>
bool Equal(T a, T b) {
  return a == b;
}
template <typename T>
bool NotEqual(T a, T b) {
  return a != b;
}
template <typename T>
bool Less(T a, T b) {
  return a < b;
}
template <typename T>
bool LessEqual(T a, T b) {
  return a <= b;
}
template <typename T>
bool Greater(T a, T b) {
  return a > b;
}
template <typename T>
bool GreaterEqual(T a, T b) {
  return a >= b;
}

// A double as a number of the (non-float) dtype: towards zero, the nearest end if out of range, NaN gives 0 (true for
// bool).
int64_t IntegerFromDouble(DType dtype, double v);

}  // namespace weft::scalar

#endif  // WEFT_OPS_ELEMENTWISE_SCALAR_H_
