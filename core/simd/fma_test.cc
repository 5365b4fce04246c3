// Fma of every instruction set against std::fma, and against each other under flush-to-zero.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <vector>

#include "core/simd/denormals.h"
#include "core/simd/testing/kernels.h"
#include "core/simd/testing/reference.h"

namespace weft::simd::testing {
namespace {

constexpr int64_t kBlock = 4096;

struct Triples {
  std::vector<float> a = std::vector<float>(kBlock);
  std::vector<float> b = std::vector<float>(kBlock);
  std::vector<float> c = std::vector<float>(kBlock);
};

// Random bits r give a float of exponent `center` +- spread.
float Near(uint64_t r, int center, int spread) {
  const int exponent = center + static_cast<int>((r >> 32) % static_cast<uint64_t>(2 * spread + 1)) - spread;
  const uint32_t biased = static_cast<uint32_t>(exponent < 0 ? 0 : exponent > 254 ? 254 : exponent);
  return FromBits((static_cast<uint32_t>(r) & 0x807fffff) | biased << 23);
}

// The kinds of triples where an emulation can go wrong.
void Fill(uint64_t block, Triples* t) {
  for (int64_t i = 0; i < kBlock; ++i) {
    const uint64_t index = (block * kBlock + static_cast<uint64_t>(i)) * 4;
    const uint64_t r = Random(index + 3);
    float a = FromBits(static_cast<uint32_t>(Random(index)));
    float b = FromBits(static_cast<uint32_t>(Random(index + 1)));
    float c = FromBits(static_cast<uint32_t>(Random(index + 2)));
    switch (block % 6) {
      case 0:  // anything
        break;
      case 1:  // sizes that meet
        a = Near(Random(index), 127, 3);
        b = Near(Random(index + 1), 127, 3);
        c = Near(Random(index + 2), 127, 30);
        break;
      case 2:  // cancellation: c is nearly -a * b
        a = Near(Random(index), 127, 20);
        b = Near(Random(index + 1), 127, 20);
        c = FromBits(Bits(-(a * b)) + static_cast<uint32_t>(r % 5) - 2);
        break;
      case 3:  // few bits, so that sums lie on and beside the midpoints of floats
        a = FromBits(Bits(Near(Random(index), 127, 2)) & 0xfffff000);
        b = FromBits(Bits(Near(Random(index + 1), 127, 2)) & 0xfffff000);
        c = FromBits(Bits(Near(Random(index + 2), 127 + 24, 26)) & (r & 1 ? 0xff800000 : 0xff800001));
        break;
      case 4:  // denormal results and operands
        a = Near(Random(index), 63, 26);
        b = Near(Random(index + 1), 63, 26);
        c = Near(Random(index + 2), 0, 24);
        break;
      default:  // overflow
        a = Near(Random(index), 190, 2);
        b = Near(Random(index + 1), 190, 2);
        c = Near(Random(index + 2), 254, 25);
        break;
    }
    t->a[i] = a;
    t->b[i] = b;
    t->c[i] = c;
  }
}

void Check(const Triples& t, const Kernels& k, const std::vector<float>& want, bool flush) {
  std::vector<float> got(kBlock);
  k.ternary[0].fn(t.a.data(), t.b.data(), t.c.data(), got.data(), kBlock);
  for (int64_t i = 0; i < kBlock; ++i) {
    ASSERT_TRUE(SameBits(got[i], want[i]))
        << k.isa << std::hexfloat << " fma(" << t.a[i] << ", " << t.b[i] << ", " << t.c[i] << ") = " << got[i]
        << ", expected " << want[i] << ", flush " << flush;
  }
}

// 2^23 triples by default; WEFT_SIMD_FMA_LOG2=29 for a minute's worth.
TEST(FmaTest, RandomAndAdversarialTriples) {
  const char* log2 = std::getenv("WEFT_SIMD_FMA_LOG2");
  const uint64_t blocks = (uint64_t{1} << (log2 == nullptr ? 23 : std::atoi(log2))) / kBlock;
  Triples t;
  std::vector<float> want(kBlock);
  for (uint64_t block = 0; block < blocks; ++block) {
    Fill(block, &t);
    for (int64_t i = 0; i < kBlock; ++i) want[i] = std::fma(t.a[i], t.b[i], t.c[i]);
    for (const Kernels* const* k = HostKernels(); *k != nullptr; ++k) Check(t, **k, want, false);
    const ScopedFlushToZero flush;
    BaselineKernels().ternary[0].fn(t.a.data(), t.b.data(), t.c.data(), want.data(), kBlock);
    for (const Kernels* const* k = HostKernels() + 1; *k != nullptr; ++k) Check(t, **k, want, true);
    if (HasFatalFailure()) return;
  }
}

TEST(FmaTest, AllTriplesOfSpecialValues) {
  float specials[128];
  const int count = SpecialFloats(specials);
  std::vector<float> a, b, c, want, negated;
  for (int i = 0; i < count; ++i) {
    for (int j = 0; j < count; ++j) {
      for (int k = 0; k < count; ++k) {
        a.push_back(specials[i]);
        b.push_back(specials[j]);
        c.push_back(specials[k]);
        want.push_back(std::fma(specials[i], specials[j], specials[k]));
        negated.push_back(std::fma(-specials[i], specials[j], specials[k]));
      }
    }
  }
  std::vector<float> got(a.size());
  for (const Kernels* const* k = HostKernels(); *k != nullptr; ++k) {
    for (const int which : {0, 1}) {
      (*k)->ternary[which].fn(a.data(), b.data(), c.data(), got.data(), static_cast<int64_t>(a.size()));
      for (size_t i = 0; i < a.size(); ++i) {
        ASSERT_TRUE(SameBits(got[i], which == 0 ? want[i] : negated[i]))
            << (*k)->isa << " " << (*k)->ternary[which].name << "(" << a[i] << ", " << b[i] << ", " << c[i]
            << ") = " << got[i];
      }
    }
  }
}

}  // namespace
}  // namespace weft::simd::testing
