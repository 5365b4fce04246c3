// The fixed reduction tree against a scalar rendering of its definition.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <functional>
#include <limits>
#include <string>
#include <vector>

#include "core/simd/denormals.h"
#include "core/simd/testing/kernels.h"
#include "core/simd/testing/reference.h"

namespace weft::simd::testing {
namespace {

constexpr float kInf = std::numeric_limits<float>::infinity();

float Max(float a, float b) {
  if (std::isnan(a) || std::isnan(b)) return std::numeric_limits<float>::quiet_NaN();
  if (a == b) return std::signbit(a) ? b : a;
  return a > b ? a : b;
}
float Min(float a, float b) { return -Max(-a, -b); }
float Add(float a, float b) { return a + b; }

// 64 lanes that begin at `identity`; step joins element i with its lane; then halving.
float Tree(int64_t n, float identity, const std::function<float(float, int64_t)>& step,
           const std::function<float(float, float)>& join) {
  std::vector<float> lanes(64, identity);
  for (int64_t i = 0; i < n; ++i) lanes[i % 64] = step(lanes[i % 64], i);
  for (int width = 32; width >= 1; width /= 2) {
    for (int i = 0; i < width; ++i) lanes[i] = join(lanes[i], lanes[i + width]);
  }
  return lanes[0];
}

void CheckRow(const std::vector<float>& a, const std::vector<float>& b) {
  const int64_t n = static_cast<int64_t>(a.size());
  const float want[] = {
      n == 0 ? 0.0f
             : Tree(
                   n, -0.0f, [&](float s, int64_t i) { return s + a[i]; }, Add),
      n == 0 ? 0.0f
             : Tree(
                   n, -0.0f, [&](float s, int64_t i) { return std::fma(a[i], a[i], s); }, Add),
      Tree(
          n, -kInf, [&](float s, int64_t i) { return Max(s, a[i]); }, Max),
      Tree(
          n, kInf, [&](float s, int64_t i) { return Min(s, a[i]); }, Min),
  };
  const float dot = n == 0 ? 0.0f
                           : Tree(
                                 n, -0.0f, [&](float s, int64_t i) { return std::fma(a[i], b[i], s); }, Add);
  for (const Kernels* const* k = HostKernels(); *k != nullptr; ++k) {
    for (int r = 0; (*k)->row[r].name != nullptr; ++r) {
      const float got = (*k)->row[r].fn(a.data(), n);
      EXPECT_TRUE(SameBits(got, want[r]))
          << (*k)->isa << " " << (*k)->row[r].name << " n = " << n << ": " << got << ", expected " << want[r];
    }
    const float got = (*k)->dot_row(a.data(), b.data(), n);
    EXPECT_TRUE(SameBits(got, dot)) << (*k)->isa << " DotRow n = " << n << ": " << got << ", expected " << dot;
  }
}

std::vector<float> RandomRow(int64_t n, uint64_t seed) {
  std::vector<float> x(static_cast<size_t>(n));
  for (int64_t i = 0; i < n; ++i) {
    const uint64_t r = Random(seed * 1000003 + static_cast<uint64_t>(i));
    x[i] = (static_cast<float>(r >> 40) * 0x1p-24f - 0.5f) * std::exp2(static_cast<float>(r % 9));
  }
  return x;
}

TEST(SumTest, EveryLengthUpTo260) {
  for (int64_t n = 0; n <= 260; ++n) CheckRow(RandomRow(n, 1), RandomRow(n, 2));
}

TEST(SumTest, LongRows) {
  for (const int64_t n : {784, 1000, 4096, 100003}) CheckRow(RandomRow(n, 3), RandomRow(n, 4));
}

TEST(SumTest, SpecialValuesInEveryPlace) {
  for (const int64_t n : {1, 3, 10, 17, 64, 65, 130}) {
    for (const float special :
         {kInf, -kInf, std::numeric_limits<float>::quiet_NaN(), 0.0f, -0.0f, FromBits(3), -3e38f}) {
      for (int64_t at = 0; at < n; ++at) {
        std::vector<float> x = RandomRow(n, 5);
        x[at] = special;
        CheckRow(x, RandomRow(n, 6));
      }
      CheckRow(std::vector<float>(static_cast<size_t>(n), special), RandomRow(n, 7));
    }
    CheckRow(std::vector<float>(static_cast<size_t>(n), -0.0f), std::vector<float>(static_cast<size_t>(n), 0.0f));
  }
}

TEST(SumTest, SameBitsUnderFlushToZero) {
  for (int64_t n = 0; n <= 200; ++n) {
    std::vector<float> x = RandomRow(n, 8);
    for (float& v : x) v *= 0x1p-126f;
    const ScopedFlushToZero flush;
    for (const Kernels* const* k = HostKernels() + 1; *k != nullptr; ++k) {
      for (int r = 0; (*k)->row[r].name != nullptr; ++r) {
        EXPECT_EQ(Bits((*k)->row[r].fn(x.data(), n)), Bits(BaselineKernels().row[r].fn(x.data(), n)))
            << (*k)->isa << " " << (*k)->row[r].name << " " << n;
      }
    }
  }
}

TEST(SumTest, ElementsComputedOnTheWay) {
  for (int64_t n = 1; n <= 300; ++n) {
    const std::vector<float> x = RandomRow(n, 9);
    std::vector<float> e(x.size());
    BaselineKernels().unary[0].fn(x.data(), e.data(), n);
    const float want = BaselineKernels().row[0].fn(e.data(), n);
    for (const Kernels* const* k = HostKernels(); *k != nullptr; ++k) {
      EXPECT_EQ(Bits((*k)->sum_of_exp(x.data(), n)), Bits(want)) << (*k)->isa << " " << n;
    }
  }
}

}  // namespace
}  // namespace weft::simd::testing
