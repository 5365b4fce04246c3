// Every function of core/simd as functions over arrays, once per instruction set: what the tests call.
#ifndef WEFT_CORE_SIMD_TESTING_KERNELS_H_
#define WEFT_CORE_SIMD_TESTING_KERNELS_H_

#include <cstdint>

namespace weft::simd::testing {

// Entries of a table end with one whose name is null. All arrays have n elements; any n >= 0, the last vector is
// partial.
struct Unary {  // y[i] = f(x[i])
  const char* name;
  void (*fn)(const float* x, float* y, int64_t n);
};
struct Binary {  // y[i] = f(a[i], b[i])
  const char* name;
  void (*fn)(const float* a, const float* b, float* y, int64_t n);
};
struct Ternary {  // y[i] = f(a[i], b[i], c[i])
  const char* name;
  void (*fn)(const float* a, const float* b, const float* c, float* y, int64_t n);
};
struct Compare {  // y[i] = f(a[i], b[i]), as a byte 0 or 1
  const char* name;
  void (*fn)(const float* a, const float* b, uint8_t* y, int64_t n);
};
struct Row {  // one float of a row
  const char* name;
  float (*fn)(const float* x, int64_t n);
};
struct IntBinary {  // y[i] = f(a[i], b[i]); n is a multiple of 16
  const char* name;
  void (*fn)(const int32_t* a, const int32_t* b, int32_t* y, int64_t n);
};

struct Kernels {
  const char* isa;
  int lanes;
  const Unary* unary;  // elementary functions and roundings
  const Unary* bits;   // those that move bits only: NaN payloads count too
  const Binary* binary;
  const Ternary* ternary;
  const Compare* compare;
  const Row* row;
  const IntBinary* int_binary;
  float (*dot_row)(const float* a, const float* b, int64_t n);
  // The sum of exp(x[i]), written as sum.h shows.
  float (*sum_of_exp)(const float* x, int64_t n);
  void (*convert_to_i32)(const float* x, int32_t* y, int64_t n);
  void (*convert_to_f32)(const int32_t* x, float* y, int64_t n);
  void (*load_u8)(const uint8_t* x, float* y, int64_t n);
  // y[i] = mask[i] is nonzero ? a[i] : b[i]; inverse[i] = the byte of its negation.
  void (*select_bool)(const uint8_t* mask, const float* a, const float* b, float* y, uint8_t* inverse, int64_t n);
  // And, Or, Xor of two masks of `lanes` bytes; Any and All of the first.
  void (*mask_logic)(const uint8_t* a, const uint8_t* b, uint8_t* and_, uint8_t* or_, uint8_t* xor_, bool* any,
                     bool* all);
  void (*transpose)(const float* x, float* y);  // lanes x lanes
};

// One per instruction set, each in a file of its own, compiled for it.
const Kernels& BaselineKernels();
const Kernels& Avx2Kernels();
const Kernels& Avx512Kernels();

// Those that this machine can run, ascending; the first is always the baseline. Ends with null.
const Kernels* const* HostKernels();

}  // namespace weft::simd::testing

#endif  // WEFT_CORE_SIMD_TESTING_KERNELS_H_
