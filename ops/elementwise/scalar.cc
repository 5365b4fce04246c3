#include "ops/elementwise/scalar.h"

#include <cstdint>
#include <limits>

namespace weft::scalar {
namespace {

// The largest double below 2^63.
constexpr double kBelowTwo63 = 9223372036854774784.0;

double Clamped(double v, double low, double high) { return v < low ? low : v > high ? high : v; }

}  // namespace

double Erfinv(double x) {
  if (!(std::fabs(x) < 1)) return std::fabs(x) == 1 ? x * std::numeric_limits<double>::infinity() : std::nan("");
  if (x == 0) return x;
  // Winitzki's approximation, good to 2e-3, then Halley steps on erf(r) = x, written with erfc in the tails, where erf
  // has no digits left. Each step cubes the error.
  const double a = 0.147;
  const double log_term = std::log1p(-x * x);
  const double b = 2 / (M_PI * a) + log_term / 2;
  double r = std::sqrt(std::sqrt(b * b - log_term / a) - b);
  const double magnitude = std::fabs(x);
  for (int step = 0; step < 4; ++step) {
    const double error = magnitude < 0.5 ? std::erf(r) - magnitude : (1 - magnitude) - std::erfc(r);
    const double newton = error / (M_2_SQRTPI * std::exp(-r * r));
    r -= newton / (1 + r * newton);
  }
  return std::copysign(r, x);
}

int64_t IntegerFromDouble(DType dtype, double v) {
  if (dtype == DType::kBool) return v != 0;  // true for NaN
  if (std::isnan(v)) return 0;
  switch (dtype) {
    case DType::kInt32:
      return static_cast<int64_t>(Clamped(v, INT32_MIN, INT32_MAX));
    case DType::kUInt8:
      return static_cast<int64_t>(Clamped(v, 0, 255));
    default:
      return v > kBelowTwo63 ? INT64_MAX : static_cast<int64_t>(Clamped(v, -0x1p63, kBelowTwo63));
  }
}

}  // namespace weft::scalar
