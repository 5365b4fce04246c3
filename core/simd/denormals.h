// Flush-to-zero for the thread that runs kernels.
//
// Denormal operands and results cost some 150 cycles each in hardware and carry nothing that a network needs: the
// executor sets FTZ (denormal results become zeros) and DAZ (denormal operands count as zeros) on each thread for the
// run, and puts the caller's setting back. All of core/simd gives the same bits on every instruction set in either
// setting.
#ifndef WEFT_CORE_SIMD_DENORMALS_H_
#define WEFT_CORE_SIMD_DENORMALS_H_

#include <xmmintrin.h>

namespace weft::simd {

// Sets FTZ and DAZ of the current thread's MXCSR for the lifetime of the object; then restores these two bits, and
// leaves the others (exception flags, say) as they are. Construct and destroy on the same thread. Nests.
class ScopedFlushToZero {
 public:
  explicit ScopedFlushToZero(bool on = true) : saved_(_mm_getcsr() & kBits) {
    if (on) _mm_setcsr(_mm_getcsr() | kBits);
  }
  ~ScopedFlushToZero() { _mm_setcsr((_mm_getcsr() & ~kBits) | saved_); }
  ScopedFlushToZero(const ScopedFlushToZero&) = delete;
  ScopedFlushToZero& operator=(const ScopedFlushToZero&) = delete;

  static bool IsSet() { return (_mm_getcsr() & kBits) == kBits; }

 private:
  static constexpr unsigned kBits = 0x8040;  // FTZ: bit 15, DAZ: bit 6
  const unsigned saved_;
};

}  // namespace weft::simd

#endif  // WEFT_CORE_SIMD_DENORMALS_H_
