// Vector operations: IEEE semantics against scalar code, the same bits on every instruction set, in whole vectors and
// tails.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <string>
#include <vector>

#include "core/simd/denormals.h"
#include "core/simd/testing/kernels.h"
#include "core/simd/testing/reference.h"

namespace weft::simd::testing {
namespace {

constexpr float kGuard = -12345.5f;

std::vector<float> Specials() {
  std::vector<float> list(128);
  list.resize(static_cast<size_t>(SpecialFloats(list.data())));
  return list;
}

// All pairs of special values, then random ones of all exponents.
struct Pairs {
  std::vector<float> a, b;
};
Pairs MakePairs(int64_t random) {
  Pairs p;
  for (const float x : Specials()) {
    for (const float y : Specials()) {
      p.a.push_back(x);
      p.b.push_back(y);
    }
  }
  for (int64_t i = 0; i < random; ++i) {
    p.a.push_back(StratifiedFloat(Random(2 * i)));
    p.b.push_back(StratifiedFloat(Random(2 * i + 1)));
  }
  return p;
}

std::string Hex(float x) {
  char text[64];
  std::snprintf(text, sizeof(text), "%.9g (%08x)", x, Bits(x));
  return text;
}

// Runs body(kernels) for each instruction set of this machine, without and with flush-to-zero.
template <class Body>
void ForEachIsa(Body body) {
  for (const bool flush : {false, true}) {
    for (const Kernels* const* k = HostKernels(); *k != nullptr; ++k) {
      SCOPED_TRACE(std::string((*k)->isa) + (flush ? " with flush-to-zero" : ""));
      body(**k, flush);
    }
  }
}

// Calls fn under flush-to-zero if `flush`.
template <class Fn>
void Call(bool flush, Fn fn) {
  if (!flush) return fn();
  const ScopedFlushToZero scope;
  fn();
}

float Flush(bool flush, float x) { return flush && IsDenormal(x) ? std::copysign(0.0f, x) : x; }

TEST(VecTest, UnaryOperationsHaveTheSameBitsEverywhereAndInTails) {
  std::vector<float> x = Specials();
  for (int i = 0; i < 20000; ++i) x.push_back(StratifiedFloat(Random(i)));
  const int64_t n = static_cast<int64_t>(x.size());
  const Kernels& base = BaselineKernels();
  ForEachIsa([&](const Kernels& k, bool flush) {
    for (const bool bits : {false, true}) {
      for (int f = 0; (bits ? k.bits : k.unary)[f].name != nullptr; ++f) {
        const Unary& op = (bits ? k.bits : k.unary)[f];
        SCOPED_TRACE(op.name);
        std::vector<float> want(x.size()), got(x.size());
        Call(flush, [&] {
          (bits ? base.bits : base.unary)[f].fn(x.data(), want.data(), n);
          op.fn(x.data(), got.data(), n);
        });
        for (int64_t i = 0; i < n; ++i) {
          ASSERT_TRUE(bits ? Bits(got[i]) == Bits(want[i]) : SameBits(got[i], want[i]))
              << Hex(x[i]) << ": " << Hex(got[i]) << ", baseline " << Hex(want[i]);
        }
        for (int64_t size = 0; size <= 50; ++size) {
          std::vector<float> in(x.begin() + size, x.begin() + 2 * size), out(static_cast<size_t>(size) + 1, kGuard);
          Call(flush, [&] { op.fn(in.data(), out.data(), size); });
          for (int64_t i = 0; i < size; ++i) ASSERT_TRUE(SameBits(out[i], want[size + i])) << size << " " << i;
          ASSERT_EQ(out[static_cast<size_t>(size)], kGuard);
        }
      }
    }
  });
}

TEST(VecTest, BinaryOperationsHaveTheSameBitsEverywhereAndInTails) {
  const Pairs p = MakePairs(100000);
  const int64_t n = static_cast<int64_t>(p.a.size());
  ForEachIsa([&](const Kernels& k, bool flush) {
    for (int f = 0; k.binary[f].name != nullptr; ++f) {
      SCOPED_TRACE(k.binary[f].name);
      std::vector<float> want(p.a.size()), got(p.a.size());
      Call(flush, [&] {
        BaselineKernels().binary[f].fn(p.a.data(), p.b.data(), want.data(), n);
        k.binary[f].fn(p.a.data(), p.b.data(), got.data(), n);
      });
      for (int64_t i = 0; i < n; ++i) {
        ASSERT_TRUE(SameBits(got[i], want[i]))
            << Hex(p.a[i]) << ", " << Hex(p.b[i]) << ": " << Hex(got[i]) << ", baseline " << Hex(want[i]);
      }
      for (int64_t size = 0; size <= 50; ++size) {
        std::vector<float> out(static_cast<size_t>(size) + 1, kGuard);
        Call(flush, [&] { k.binary[f].fn(&p.a[size], &p.b[size], out.data(), size); });
        for (int64_t i = 0; i < size; ++i) ASSERT_TRUE(SameBits(out[i], want[size + i])) << size << " " << i;
        ASSERT_EQ(out[static_cast<size_t>(size)], kGuard);
      }
    }
  });
}

const Binary& FindBinary(const Kernels& k, const char* name) {
  const Binary* op = k.binary;
  while (std::strcmp(op->name, name) != 0) ++op;
  return *op;
}

float RefMin(float a, float b) {
  if (std::isnan(a) || std::isnan(b)) return std::numeric_limits<float>::quiet_NaN();
  if (a == b) return std::signbit(a) ? a : b;
  return a < b ? a : b;
}

TEST(VecTest, BinaryOperationsAreIeee) {
  const Pairs p = MakePairs(100000);
  const int64_t n = static_cast<int64_t>(p.a.size());
  const auto check = [&](const char* name, float (*reference)(float, float)) {
    ForEachIsa([&](const Kernels& k, bool flush) {
      if (flush) return;
      std::vector<float> got(p.a.size());
      FindBinary(k, name).fn(p.a.data(), p.b.data(), got.data(), n);
      for (int64_t i = 0; i < n; ++i) {
        const float want = reference(p.a[i], p.b[i]);
        ASSERT_TRUE(SameBits(got[i], want))
            << name << " " << Hex(p.a[i]) << ", " << Hex(p.b[i]) << ": " << Hex(got[i]) << ", expected " << Hex(want);
      }
    });
  };
  check("Add", [](float a, float b) { return a + b; });
  check("Sub", [](float a, float b) { return a - b; });
  check("Mul", [](float a, float b) { return a * b; });
  check("Div", [](float a, float b) { return a / b; });
  check("CopySign", [](float a, float b) { return std::copysign(a, b); });
  check("Min", RefMin);
  check("Max", [](float a, float b) { return -RefMin(-a, -b); });
}

TEST(VecTest, MinAndMaxUnderFlushToZeroTakeDenormalsForZeros) {
  const float a[] = {FromBits(1), FromBits(0x80000001), FromBits(5), 1.0f};
  const float b[] = {0.0f, FromBits(7), -1.0f, FromBits(0x807fffff)};
  const float min[] = {0.0f, -0.0f, -1.0f, -0.0f};
  const float max[] = {0.0f, 0.0f, 0.0f, 1.0f};
  ForEachIsa([&](const Kernels& k, bool flush) {
    if (!flush) return;
    float got_min[4], got_max[4];
    Call(true, [&] {
      FindBinary(k, "Min").fn(a, b, got_min, 4);
      FindBinary(k, "Max").fn(a, b, got_max, 4);
    });
    for (int i = 0; i < 4; ++i) {
      EXPECT_TRUE(SameBits(got_min[i], min[i])) << i << " " << Hex(got_min[i]);
      EXPECT_TRUE(SameBits(got_max[i], max[i])) << i << " " << Hex(got_max[i]);
    }
  });
}

TEST(VecTest, RoundingIsExactAndKeepsTheSignOfZero) {
  std::vector<float> x = Specials();
  for (int i = 0; i < 200000; ++i) x.push_back(StratifiedFloat(Random(i)));
  for (int i = 0; i < 20000; ++i) x.push_back(static_cast<float>(i - 10000) * 0.25f);
  const int64_t n = static_cast<int64_t>(x.size());
  const auto check = [&](const char* name, float (*reference)(float)) {
    ForEachIsa([&](const Kernels& k, bool flush) {
      const Unary* op = k.unary;
      while (std::strcmp(op->name, name) != 0) ++op;
      std::vector<float> got(x.size());
      Call(flush, [&] { op->fn(x.data(), got.data(), n); });
      for (int64_t i = 0; i < n; ++i) {
        const float want = reference(Flush(flush, x[i]));
        ASSERT_TRUE(SameBits(got[i], want))
            << name << " " << Hex(x[i]) << ": " << Hex(got[i]) << ", expected " << Hex(want);
      }
    });
  };
  check("Floor", [](float a) { return std::floor(a); });
  check("Ceil", [](float a) { return std::ceil(a); });
  check("Trunc", [](float a) { return std::trunc(a); });
  check("RoundHalfEven", [](float a) { return std::nearbyint(a); });
  check("Sqrt", [](float a) { return std::sqrt(a); });
  check("Relu", [](float a) { return -RefMin(-a, -0.0f); });
}

TEST(VecTest, ComparisonsAreIeee) {
  const Pairs p = MakePairs(20000);
  const int64_t n = static_cast<int64_t>(p.a.size());
  ForEachIsa([&](const Kernels& k, bool flush) {
    for (int f = 0; k.compare[f].name != nullptr; ++f) {
      std::vector<uint8_t> got(p.a.size());
      Call(flush, [&] { k.compare[f].fn(p.a.data(), p.b.data(), got.data(), n); });
      for (int64_t i = 0; i < n; ++i) {
        const float a = Flush(flush, p.a[i]), b = Flush(flush, p.b[i]);
        const bool want[] = {a == b, a != b, a<b, a <= b, a> b, a >= b};
        ASSERT_EQ(got[i], want[f] ? 1 : 0) << k.compare[f].name << " " << Hex(a) << " " << Hex(b);
      }
      for (int64_t size = 0; size <= 40; ++size) {
        std::vector<uint8_t> out(static_cast<size_t>(size) + 1, 77);
        Call(flush, [&] { k.compare[f].fn(&p.a[size], &p.b[size], out.data(), size); });
        for (int64_t i = 0; i < size; ++i) ASSERT_EQ(out[i], got[size + i]);
        ASSERT_EQ(out[static_cast<size_t>(size)], 77);
      }
    }
  });
}

TEST(VecTest, ConvertToI32SaturatesAndNanGivesZero) {
  std::vector<float> x = Specials();
  for (int i = 0; i < 100000; ++i) x.push_back(StratifiedFloat(Random(i)));
  ForEachIsa([&](const Kernels& k, bool flush) {
    std::vector<int32_t> got(x.size());
    Call(flush, [&] { k.convert_to_i32(x.data(), got.data(), static_cast<int64_t>(x.size())); });
    for (size_t i = 0; i < x.size(); ++i) {
      int32_t want = 0;
      if (x[i] >= 0x1p31f) want = std::numeric_limits<int32_t>::max();
      if (x[i] < -0x1p31f) want = std::numeric_limits<int32_t>::min();
      if (std::fabs(x[i]) < 0x1p31f || x[i] == -0x1p31f) want = static_cast<int32_t>(x[i]);
      ASSERT_EQ(got[i], want) << Hex(x[i]);
    }
    for (int64_t size = 0; size <= 40; ++size) {
      std::vector<int32_t> out(static_cast<size_t>(size) + 1, 77);
      k.convert_to_i32(&x[size], out.data(), size);
      for (int64_t i = 0; i < size; ++i) ASSERT_EQ(out[i], got[size + i]);
      ASSERT_EQ(out[static_cast<size_t>(size)], 77);
    }
  });
}

TEST(VecTest, IntegerOperations) {
  constexpr int64_t kN = 4096;
  std::vector<int32_t> a(kN), b(kN);
  for (int64_t i = 0; i < kN; ++i) {
    a[i] = static_cast<int32_t>(Random(2 * i) >> (i % 60));
    b[i] = i % 5 == 0 ? a[i] : static_cast<int32_t>(Random(2 * i + 1) >> (i % 60));
  }
  ForEachIsa([&](const Kernels& k, bool) {
    std::vector<int32_t> y(kN);
    std::vector<float> f(kN);
    k.convert_to_f32(a.data(), f.data(), kN);
    for (int64_t i = 0; i < kN; ++i) ASSERT_EQ(f[i], static_cast<float>(a[i]));
    for (int64_t size = 0; size <= 40; ++size) {
      std::vector<float> out(static_cast<size_t>(size) + 1, kGuard);
      k.convert_to_f32(&a[size], out.data(), size);
      for (int64_t i = 0; i < size; ++i) ASSERT_EQ(out[i], f[size + i]);
      ASSERT_EQ(out[static_cast<size_t>(size)], kGuard);
    }
    for (int op = 0; k.int_binary[op].name != nullptr; ++op) {
      SCOPED_TRACE(k.int_binary[op].name);
      k.int_binary[op].fn(a.data(), b.data(), y.data(), kN);
      for (int64_t i = 0; i < kN; ++i) {
        const uint32_t p = static_cast<uint32_t>(a[i]), q = static_cast<uint32_t>(b[i]);
        const int32_t want[] = {static_cast<int32_t>(p + q),
                                static_cast<int32_t>(p - q),
                                a[i] & b[i],
                                a[i] | b[i],
                                a[i] ^ b[i],
                                static_cast<int32_t>(p << 5),
                                a[i] >> 5,
                                static_cast<int32_t>(p >> 5),
                                a[i] == b[i] ? a[i] : 7,
                                a[i] > b[i] ? a[i] : b[i],
                                a[i] < b[i] ? a[i] : b[i]};
        ASSERT_EQ(y[i], want[op]) << a[i] << " " << b[i];
      }
    }
  });
}

TEST(VecTest, BytesAndMasks) {
  ForEachIsa([&](const Kernels& k, bool) {
    for (int64_t n = 0; n <= 70; ++n) {
      const size_t size = static_cast<size_t>(n);
      std::vector<uint8_t> bytes(size), mask(size), inverse(size + 1, 77);
      std::vector<float> a(size), b(size), y(size + 1, kGuard);
      for (size_t i = 0; i < size; ++i) {
        bytes[i] = static_cast<uint8_t>(Random(i));
        mask[i] = Random(i + 99) % 3 == 0 ? 0 : static_cast<uint8_t>(Random(i + 7) | 1);
        a[i] = static_cast<float>(i);
        b[i] = -a[i] - 1;
      }
      k.load_u8(bytes.data(), y.data(), n);
      for (size_t i = 0; i < size; ++i) ASSERT_EQ(y[i], static_cast<float>(bytes[i]));
      ASSERT_EQ(y[size], kGuard);
      k.select_bool(mask.data(), a.data(), b.data(), y.data(), inverse.data(), n);
      for (size_t i = 0; i < size; ++i) {
        ASSERT_EQ(y[i], mask[i] != 0 ? a[i] : b[i]) << n << " " << i;
        ASSERT_EQ(inverse[i], mask[i] != 0 ? 0 : 1);
      }
      ASSERT_EQ(y[size], kGuard);
      ASSERT_EQ(inverse[size], 77);
    }
    for (int trial = 0; trial < 300; ++trial) {
      uint8_t a[16], b[16], got_and[16], got_or[16], got_xor[16];
      bool any = false, all = false, want_any = false, want_all = true;
      for (int i = 0; i < k.lanes; ++i) {
        a[i] = static_cast<uint8_t>(trial == 0 ? 0 : trial == 1 ? 1 : Random(trial * 32 + i) % 8 != 0);
        b[i] = static_cast<uint8_t>(Random(trial * 32 + 16 + i) & 1);
        want_any |= a[i] != 0;
        want_all &= a[i] != 0;
      }
      k.mask_logic(a, b, got_and, got_or, got_xor, &any, &all);
      ASSERT_EQ(any, want_any);
      ASSERT_EQ(all, want_all);
      for (int i = 0; i < k.lanes; ++i) {
        ASSERT_EQ(got_and[i], a[i] & b[i]);
        ASSERT_EQ(got_or[i], a[i] | b[i]);
        ASSERT_EQ(got_xor[i], a[i] ^ b[i]);
      }
    }
  });
}

TEST(VecTest, Transpose) {
  ForEachIsa([&](const Kernels& k, bool) {
    float x[256], y[256];
    for (int i = 0; i < 256; ++i) x[i] = static_cast<float>(i);
    k.transpose(x, y);
    for (int i = 0; i < k.lanes; ++i) {
      for (int j = 0; j < k.lanes; ++j) ASSERT_EQ(y[j * k.lanes + i], x[i * k.lanes + j]);
    }
  });
}

}  // namespace
}  // namespace weft::simd::testing
