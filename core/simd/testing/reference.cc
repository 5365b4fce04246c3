#include "core/simd/testing/reference.h"

#include <bit>
#include <cmath>
#include <cstring>
#include <limits>

namespace weft::simd::testing {

double ErfinvReference(double x) {
  if (std::isnan(x) || std::fabs(x) > 1) return std::numeric_limits<double>::quiet_NaN();
  if (std::fabs(x) == 1) return std::copysign(std::numeric_limits<double>::infinity(), x);
  if (std::fabs(x) < 1e-9) return x * 0.886226925452758013649;
  // A start from Winitzki's formula, then Newton; 1 - |x| is exact, so erfc serves the tails.
  const long double t = std::fabs(static_cast<long double>(x));
  const long double l = std::log((1 - t) * (1 + t));
  const long double b = 2 / (3.14159265358979323846L * 0.147L) + l / 2;
  long double y = std::sqrt(std::sqrt(b * b - l / 0.147L) - b);
  for (int i = 0; i < 4; ++i) {
    const long double error = t < 0.5L ? std::erf(y) - t : (1 - t) - std::erfc(y);
    y -= error * 0.886226925452758013649L * std::exp(y * y);
  }
  return static_cast<double>(std::copysign(y, static_cast<long double>(x)));
}

const Reference* UnaryReferences() {
  static const Reference list[] = {
      {"Exp", [](double x) { return std::exp(x); }, 1.0},
      {"Expm1", [](double x) { return std::expm1(x); }, 1.5},
      {"Log", [](double x) { return std::log(x); }, 1.0},
      {"Log1p", [](double x) { return std::log1p(x); }, 1.5},
      {"Tanh", [](double x) { return std::tanh(x); }, 1.5},
      {"Sigmoid", [](double x) { return x < 0 ? std::exp(x) / (1 + std::exp(x)) : 1 / (1 + std::exp(-x)); }, 2.0},
      {"Softplus", [](double x) { return std::isnan(x) ? x : std::fmax(x, 0.0) + std::log1p(std::exp(-std::fabs(x))); },
       2.0},
      {"Erf", [](double x) { return std::erf(x); }, 1.5},
      {"Erfinv", ErfinvReference, 3.0},
      {"Sin", [](double x) { return std::sin(x); }, 2.0},
      {"Cos", [](double x) { return std::cos(x); }, 2.0},
      {"Rsqrt", [](double x) { return 1 / std::sqrt(x); }, 1.0},
      {nullptr, nullptr, 0},
  };
  return list;
}

const Reference& UnaryReference(const char* name) {
  const Reference* r = UnaryReferences();
  while (r->name != nullptr && std::strcmp(r->name, name) != 0) ++r;
  return *r;
}

uint32_t Bits(float x) { return std::bit_cast<uint32_t>(x); }
float FromBits(uint32_t bits) { return std::bit_cast<float>(bits); }
bool SameBits(float a, float b) {
  const auto is_nan = [](float x) { return (Bits(x) & 0x7fffffff) > 0x7f800000; };
  return Bits(a) == Bits(b) || (is_nan(a) && is_nan(b));
}
bool IsDenormal(float x) { return (Bits(x) & 0x7f800000) == 0 && (Bits(x) & 0x7fffff) != 0; }

double UlpError(float got, double want) {
  if (std::isnan(want) || std::isnan(got)) {
    return std::isnan(want) && std::isnan(got) ? 0 : std::numeric_limits<double>::infinity();
  }
  // Beyond the floats everything is 2^128, of either sign.
  const double exact = std::fmax(-0x1p128, std::fmin(0x1p128, want));
  const double value = std::fmax(-0x1p128, std::fmin(0x1p128, static_cast<double>(got)));
  // The power of two at or below |exact|, by its bits, within what floats have; times 2^23 is the inverse of an ulp.
  const double size = std::fmax(0x1p-126, std::fmin(std::fabs(exact), 0x1p127));
  const uint64_t exponent = std::bit_cast<uint64_t>(size) >> 52;
  const double per_ulp = std::bit_cast<double>((2 * uint64_t{1023} + 23 - exponent) << 52);
  return std::fabs(value - exact) * per_ulp;
}

uint64_t Random(uint64_t index) {  // splitmix64
  uint64_t z = (index + 1) * 0x9e3779b97f4a7c15u;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

float StratifiedFloat(uint64_t index) {
  const uint32_t sign_exponent = static_cast<uint32_t>(index & 511) << 23;
  const uint64_t stratum = index >> 9;
  uint32_t mantissa = static_cast<uint32_t>(Random(index) >> 41);
  if (stratum < 4) mantissa = static_cast<uint32_t>(stratum);
  if (stratum >= 4 && stratum < 8) mantissa = 0x7fffff - static_cast<uint32_t>(stratum - 4);
  return FromBits(sign_exponent | mantissa);
}

int SpecialFloats(float* out) {
  constexpr uint32_t kBits[] = {0x00000000,                                      // 0
                                0x00000001, 0x00000002, 0x00400000, 0x007fffff,  // denormals
                                0x00800000, 0x00800001,                          // the least normals
                                0x0d800000,                                      // 2^-100
                                0x33000000, 0x33800000, 0x34000000,              // 2^-25, 2^-24, 2^-23
                                0x3effffff, 0x3f000000, 0x3f000001,              // about 1/2
                                0x3f7fffff, 0x3f800000, 0x3f800001,              // about 1
                                0x3fc00000, 0x40000000, 0x40200000, 0x40400000,  // 1.5, 2, 2.5, 3
                                0x4afffffe, 0x4affffff, 0x4b000000, 0x4b000001,  // about 2^23
                                0x4b7fffff, 0x4b800000,                          // about 2^24
                                0x4effffff, 0x4f000000, 0x4f000001,              // about 2^31
                                0x7f7fffff, 0x7f800000, 0x7fc00000};             // FLT_MAX, infinity, NaN
  int n = 0;
  for (const uint32_t bits : kBits) {
    out[n++] = FromBits(bits);
    out[n++] = FromBits(bits | 0x80000000);
  }
  return n;
}

}  // namespace weft::simd::testing
