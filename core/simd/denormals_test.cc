#include "core/simd/denormals.h"

#include <gtest/gtest.h>
#include <xmmintrin.h>

namespace weft::simd {
namespace {

float Quarter(float x) {
  volatile float y = x;
  return y * 0.25f;
}

TEST(DenormalsTest, FlushesWithinTheScopeAndRestoresAfter) {
  const unsigned before = _mm_getcsr();
  EXPECT_FALSE(ScopedFlushToZero::IsSet());
  EXPECT_GT(Quarter(1.17549435e-38f), 0.0f);
  {
    const ScopedFlushToZero outer;
    EXPECT_TRUE(ScopedFlushToZero::IsSet());
    EXPECT_EQ(Quarter(1.17549435e-38f), 0.0f);
    EXPECT_EQ(Quarter(4e-40f) * 1e38f, 0.0f);
    {
      const ScopedFlushToZero inner;
      EXPECT_TRUE(ScopedFlushToZero::IsSet());
    }
    EXPECT_TRUE(ScopedFlushToZero::IsSet());
  }
  EXPECT_FALSE(ScopedFlushToZero::IsSet());
  constexpr unsigned kFlags = 0x3f;  // sticky exceptions stay as they fell
  EXPECT_EQ(_mm_getcsr() & ~kFlags, before & ~kFlags);
}

}  // namespace
}  // namespace weft::simd
