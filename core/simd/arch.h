// The instruction sets that Weft's kernels are written for, as tag types.
//
// A kernel is a template over one of the tags below and is instantiated by one small file per instruction set, compiled
// with that set's flags (ops/isa.bzl) and -O2 -ffp-contract=off. The name of every symbol of such a file contains the
// tag, so that the linker can never put code of a wide instruction set in the place of portable code.
//
//   tag       lanes  needs                   compiler flags
//   Baseline  4      SSE2 (every x86-64)     none
//   Avx2      8      AVX2 and FMA            -mavx2 -mfma
//   Avx512    16     AVX-512 F, BW, DQ, VL   -mavx2 -mfma -mavx512f -mavx512bw -mavx512dq -mavx512vl
//
// One translation unit knows one tag: `TargetArch`, which follows from the compiler's flags. vec.h defines vectors for
// that tag only; using another tag there is a compile error. This header itself needs no flags and may be included
// anywhere. Nothing here runs at load time and nothing asks the CPU: choosing a level is the business of core/cpu.h.
#ifndef WEFT_CORE_SIMD_ARCH_H_
#define WEFT_CORE_SIMD_ARCH_H_

// A function that must leave no symbol behind: every function of core/simd is one.
#define WEFT_SIMD_INLINE inline __attribute__((always_inline))

// Put before a loop over an array of vectors (trip count <= 16, known at compile time): the array then lives in
// registers. Without it g++ at -O2 and -O3, and clang at -O2, keep the array in memory, at a third of the speed.
#define WEFT_UNROLL _Pragma("GCC unroll 16")

namespace weft::simd {

struct Avx512 {
  static constexpr int kLanes = 16;
  static constexpr const char* kName = "avx512";
};

// AVX2 together with FMA.
struct Avx2 {
  static constexpr int kLanes = 8;
  static constexpr const char* kName = "avx2";
};

// SSE2, which every x86-64 has. Gives the same bits as the others; not judged on speed.
struct Baseline {
  static constexpr int kLanes = 4;
  static constexpr const char* kName = "baseline";
};

// The tag of this translation unit's compiler flags.
#if defined(__AVX512F__) && defined(__AVX512BW__) && defined(__AVX512DQ__) && defined(__AVX512VL__)
#define WEFT_SIMD_TARGET_AVX512 1
using TargetArch = Avx512;
#elif defined(__AVX2__) && defined(__FMA__)
#define WEFT_SIMD_TARGET_AVX2 1
using TargetArch = Avx2;
#else
#define WEFT_SIMD_TARGET_BASELINE 1
using TargetArch = Baseline;
#endif

}  // namespace weft::simd

#endif  // WEFT_CORE_SIMD_ARCH_H_
