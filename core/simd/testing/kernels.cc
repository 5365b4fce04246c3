#include "core/simd/testing/kernels.h"

namespace weft::simd::testing {

const Kernels* const* HostKernels() {
  static const Kernels* const* const host = [] {
    static const Kernels* list[4] = {&BaselineKernels()};
    int n = 1;
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) list[n++] = &Avx2Kernels();
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
        __builtin_cpu_supports("avx512vl")) {
      list[n++] = &Avx512Kernels();
    }
    return list;
  }();
  return host;
}

}  // namespace weft::simd::testing
