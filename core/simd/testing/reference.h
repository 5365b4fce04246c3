// References in double and long double, from the C library, and distances in ulps. For tests only.
#ifndef WEFT_CORE_SIMD_TESTING_REFERENCE_H_
#define WEFT_CORE_SIMD_TESTING_REFERENCE_H_

#include <cstdint>

namespace weft::simd::testing {

// An elementary function and how far ours may be from it.
struct Reference {
  const char* name;
  double (*fn)(double x);
  double max_ulp;  // the bound that math.h states
};

const Reference* UnaryReferences();  // ends with a null name
const Reference& UnaryReference(const char* name);
double ErfinvReference(double x);
constexpr double kPowMaxUlp = 2.0;

uint32_t Bits(float x);
float FromBits(uint32_t bits);
bool SameBits(float a, float b);  // equal bits, or both NaN
bool IsDenormal(float x);

// |got - want| in units of the last place that a float of the size of `want` has (at least 2^-149). What is beyond the
// floats counts as 2^128, infinity too. 0 if both are NaN, infinite if one is.
double UlpError(float got, double want);

// A counter-based generator of 64 random bits: the same tests in every run.
uint64_t Random(uint64_t index);
// The index-th of 2^24 stratified floats: all signs and exponents in turn (infinities and NaN included), random
// mantissas, among them, for each exponent, the extreme ones.
float StratifiedFloat(uint64_t index);
// Zeros, denormals, powers of two, FLT_MAX, infinities, NaN, halves ... of both signs; writes at most 64, returns the
// number.
int SpecialFloats(float* out);

}  // namespace weft::simd::testing

#endif  // WEFT_CORE_SIMD_TESTING_REFERENCE_H_
