// Elementary functions: error bounds over stratified inputs, special values, the same bits on every instruction set,
// with and without flush-to-zero.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <string>
#include <vector>

#include "core/simd/denormals.h"
#include "core/simd/testing/kernels.h"
#include "core/simd/testing/reference.h"

namespace weft::simd::testing {
namespace {

constexpr int64_t kBlock = 4096;
constexpr float kInf = std::numeric_limits<float>::infinity();
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

// WEFT_SIMD_TEST_LOG2: how many inputs each function is tried on. 24 by default, some seconds in all.
uint64_t SampleCount() {
  const char* log2 = std::getenv("WEFT_SIMD_TEST_LOG2");
  return uint64_t{1} << (log2 == nullptr ? 24 : std::atoi(log2));
}

const Kernels& Best() {
  const Kernels* const* list = HostKernels();
  while (list[1] != nullptr) ++list;
  return **list;
}

int Find(const char* name) {
  int f = 0;
  while (std::strcmp(Best().unary[f].name, name) != 0) ++f;
  return f;
}
int FindBinary(const char* name) {
  int f = 0;
  while (std::strcmp(Best().binary[f].name, name) != 0) ++f;
  return f;
}

// What a result may be in the given mode: within the bound of the exact value, an operand that counts as zero being
// zero; or zero of its sign, where the exact value is denormal.
bool Acceptable(float got, double want, double max_ulp, bool flush) {
  if (UlpError(got, want) <= max_ulp) return true;
  return flush && std::fabs(want) < 0x1p-126 && got == 0 && std::signbit(got) == std::signbit(want);
}

class UnaryMathTest : public ::testing::TestWithParam<Reference> {};

TEST_P(UnaryMathTest, WithinBoundAndTheSameBitsEverywhere) {
  const Reference& reference = GetParam();
  const int f = Find(reference.name);
  const bool slow_reference = std::string(reference.name) == "Erfinv";
  std::vector<float> x(kBlock), best(kBlock), other(kBlock);
  const uint64_t blocks = SampleCount() / kBlock;
  double worst = 0;
  for (uint64_t block = 0; block < blocks; ++block) {
    // The portable build emulates its FMAs, and takes a sixteenth of the inputs. Every eighth block runs with
    // flush-to-zero.
    const bool with_baseline = block % 16 == 0 || block % 16 == 9;
    const bool flush = block % 8 == 0;
    const bool with_reference = !slow_reference || block % 16 == 3 || block % 128 == 0;
    for (int64_t i = 0; i < kBlock; ++i) x[i] = StratifiedFloat(block * kBlock + static_cast<uint64_t>(i));
    {
      const ScopedFlushToZero scope(flush);
      Best().unary[f].fn(x.data(), best.data(), kBlock);
      for (const Kernels* const* k = HostKernels(); *k != &Best(); ++k) {
        if (k == HostKernels() && !with_baseline) continue;
        (*k)->unary[f].fn(x.data(), other.data(), kBlock);
        if (std::memcmp(best.data(), other.data(), kBlock * sizeof(float)) == 0) continue;
        for (int64_t i = 0; i < kBlock; ++i) {
          ASSERT_TRUE(SameBits(best[i], other[i])) << x[i] << ": " << Best().isa << " " << std::hexfloat << best[i]
                                                   << ", " << (*k)->isa << " " << other[i] << ", flush " << flush;
        }
      }
    }
    if (!with_reference) continue;
    for (int64_t i = 0; i < kBlock; ++i) {
      const float operand = flush && IsDenormal(x[i]) ? std::copysign(0.0f, x[i]) : x[i];
      const double want = reference.fn(operand);
      ASSERT_TRUE(Acceptable(best[i], want, reference.max_ulp, flush))
          << x[i] << ": " << best[i] << ", expected " << want << ", " << UlpError(best[i], want) << " ulp, flush "
          << flush;
      if (!flush) worst = std::fmax(worst, UlpError(best[i], want));
    }
  }
  RecordProperty("worst_ulp", std::to_string(worst));
}

INSTANTIATE_TEST_SUITE_P(All, UnaryMathTest,
                         ::testing::ValuesIn(UnaryReferences(),
                                             [] {
                                               const Reference* end = UnaryReferences();
                                               while (end->name != nullptr) ++end;
                                               return end;
                                             }()),
                         [](const auto& info) { return info.param.name; });

struct SpecialCase {
  const char* name;
  float x;
  float want;
};

TEST(MathTest, SpecialValues) {
  const SpecialCase cases[] = {
      {"Exp", 0.0f, 1},         {"Exp", -0.0f, 1},        {"Exp", kInf, kInf},        {"Exp", -kInf, 0},
      {"Exp", 89.0f, kInf},     {"Exp", -104.0f, 0},      {"Exp", 3e38f, kInf},       {"Exp", -3e38f, 0},
      {"Expm1", 0.0f, 0.0f},    {"Expm1", -0.0f, -0.0f},  {"Expm1", kInf, kInf},      {"Expm1", -kInf, -1},
      {"Expm1", 89.0f, kInf},   {"Expm1", -50.0f, -1},    {"Expm1", 3e38f, kInf},     {"Expm1", -3e38f, -1},
      {"Log", 1.0f, 0.0f},      {"Log", 0.0f, -kInf},     {"Log", -0.0f, -kInf},      {"Log", kInf, kInf},
      {"Log", -kInf, kNan},     {"Log", -1.0f, kNan},     {"Log1p", 0.0f, 0.0f},      {"Log1p", -0.0f, -0.0f},
      {"Log1p", -1.0f, -kInf},  {"Log1p", -2.0f, kNan},   {"Log1p", kInf, kInf},      {"Log1p", -kInf, kNan},
      {"Tanh", 0.0f, 0.0f},     {"Tanh", -0.0f, -0.0f},   {"Tanh", kInf, 1},          {"Tanh", -kInf, -1},
      {"Tanh", 9.5f, 1},        {"Tanh", -3e38f, -1},     {"Sigmoid", 0.0f, 0.5f},    {"Sigmoid", -0.0f, 0.5f},
      {"Sigmoid", kInf, 1},     {"Sigmoid", -kInf, 0},    {"Sigmoid", 3e38f, 1},      {"Sigmoid", -3e38f, 0},
      {"Softplus", kInf, kInf}, {"Softplus", -kInf, 0},   {"Softplus", 3e38f, 3e38f}, {"Softplus", -3e38f, 0},
      {"Erf", 0.0f, 0.0f},      {"Erf", -0.0f, -0.0f},    {"Erf", kInf, 1},           {"Erf", -kInf, -1},
      {"Erf", 3e38f, 1},        {"Erf", -5.0f, -1},       {"Erfinv", 0.0f, 0.0f},     {"Erfinv", -0.0f, -0.0f},
      {"Erfinv", 1.0f, kInf},   {"Erfinv", -1.0f, -kInf}, {"Erfinv", 1.5f, kNan},     {"Erfinv", -kInf, kNan},
      {"Sin", 0.0f, 0.0f},      {"Sin", -0.0f, -0.0f},    {"Sin", kInf, kNan},        {"Sin", -kInf, kNan},
      {"Cos", 0.0f, 1},         {"Cos", -0.0f, 1},        {"Cos", kInf, kNan},        {"Cos", -kInf, kNan},
      {"Rsqrt", 0.0f, kInf},    {"Rsqrt", -0.0f, -kInf},  {"Rsqrt", kInf, 0.0f},      {"Rsqrt", -kInf, kNan},
      {"Rsqrt", -1.0f, kNan},   {"Rsqrt", 4.0f, 0.5f},    {"Rsqrt", 1.0f, 1.0f},
  };
  for (const Kernels* const* k = HostKernels(); *k != nullptr; ++k) {
    for (const bool flush : {false, true}) {
      const auto check = [&](const SpecialCase& c) {
        float y = -77;
        {
          const ScopedFlushToZero scope(flush);
          (*k)->unary[Find(c.name)].fn(&c.x, &y, 1);
        }
        EXPECT_TRUE(SameBits(y, c.want)) << (*k)->isa << " " << c.name << "(" << c.x << ") = " << y << ", flush "
                                         << flush;
      };
      for (const SpecialCase& c : cases) check(c);
      for (const Reference* r = UnaryReferences(); r->name != nullptr; ++r) check({r->name, kNan, kNan});
    }
  }
}

// Where erfinv is neither x * sqrt(pi) / 2 nor NaN: of each power of two from 2^-8 on every 67th float, and every float
// of the last 2^15 below 1 and of the first 2^15 above 2^-24.
TEST(MathTest, ErfinvDenselyBelowOne) {
  std::vector<float> x;
  for (uint32_t bits = Bits(0x1p-8f); bits < Bits(1.0f); bits += 67) x.push_back(FromBits(bits));
  for (uint32_t i = 1; i <= 32768; ++i) {
    x.push_back(-FromBits(Bits(1.0f) - i));
    x.push_back(FromBits(Bits(0x1p-24f) + i));
  }
  const int64_t n = static_cast<int64_t>(x.size());
  std::vector<float> y(x.size()), other(x.size());
  const int f = Find("Erfinv");
  const double max_ulp = UnaryReference("Erfinv").max_ulp;
  Best().unary[f].fn(x.data(), y.data(), n);
  for (size_t i = 0; i < x.size(); ++i) {
    const double want = ErfinvReference(x[i]);
    ASSERT_LE(UlpError(y[i], want), max_ulp) << std::hexfloat << x[i] << ": " << y[i] << ", expected " << want;
  }
  for (const Kernels* const* k = HostKernels(); *k != &Best(); ++k) {
    (*k)->unary[f].fn(x.data(), other.data(), n);
    EXPECT_EQ(std::memcmp(y.data(), other.data(), x.size() * sizeof(float)), 0) << (*k)->isa;
  }
}

TEST(MathTest, LargestAndSmallestResultsOfExp) {
  // The last float below log(FLT_MAX), and the first whose exponential is no denormal.
  const float x[] = {88.7228317f, 88.7228394f, -87.3365402f, -103.972076f};
  float y[4];
  Best().unary[Find("Exp")].fn(x, y, 4);
  EXPECT_LT(y[0], kInf);
  EXPECT_EQ(y[1], kInf);
  EXPECT_GE(y[2], std::numeric_limits<float>::min());
  EXPECT_EQ(y[3], FromBits(1));
}

// Pairs of operands for Pow, of one kind per block.
void FillForPow(uint64_t block, std::vector<float>* xs, std::vector<float>* ys) {
  for (int64_t i = 0; i < kBlock; ++i) {
    const uint64_t index = (block * kBlock + static_cast<uint64_t>(i)) * 2;
    const float u = static_cast<float>(Random(index) >> 40) * 0x1p-24f;
    float x = StratifiedFloat(Random(index + 1));
    float y = StratifiedFloat(Random(index));
    if (block % 4 == 1) {  // results of every size
      x = std::fabs(x);
      y = (u * 200 - 107) / std::log(x);
    } else if (block % 4 == 2) {  // x near 1, large y
      x = 1 + (u - 0.5f) * std::exp2(-static_cast<float>(index % 23));
      y = (static_cast<float>(Random(index + 1) >> 40) * 0x1p-24f * 200 - 105) / (x - 1);
    } else if (block % 4 == 3) {  // x negative, y integral
      x = -std::exp2(u * 20 - 10);
      y = static_cast<float>(static_cast<int>(Random(index + 1) % 41) - 20);
    }
    (*xs)[i] = x;
    (*ys)[i] = y;
  }
}

TEST(MathTest, PowWithinBoundAndTheSameBitsEverywhere) {
  const int f = FindBinary("Pow");
  std::vector<float> x(kBlock), y(kBlock), best(kBlock), other(kBlock);
  double worst = 0;
  const uint64_t blocks = SampleCount() / 8 / kBlock;
  for (uint64_t block = 0; block < blocks; ++block) {
    FillForPow(block, &x, &y);
    const bool flush = block % 9 == 0;
    {
      const ScopedFlushToZero scope(flush);
      Best().binary[f].fn(x.data(), y.data(), best.data(), kBlock);
      for (const Kernels* const* k = HostKernels(); *k != &Best(); ++k) {
        if (k == HostKernels() && block % 7 != 0) continue;
        (*k)->binary[f].fn(x.data(), y.data(), other.data(), kBlock);
        for (int64_t i = 0; i < kBlock; ++i) {
          ASSERT_TRUE(SameBits(best[i], other[i])) << (*k)->isa << " " << x[i] << " ^ " << y[i] << " flush " << flush;
        }
      }
    }
    if (flush) continue;
    for (int64_t i = 0; i < kBlock; ++i) {
      const double want = std::pow(static_cast<double>(x[i]), static_cast<double>(y[i]));
      const double ulp = UlpError(best[i], want);
      worst = std::fmax(worst, ulp);
      ASSERT_LE(ulp, kPowMaxUlp) << std::hexfloat << x[i] << " ^ " << y[i] << " = " << best[i] << ", expected " << want;
    }
  }
  RecordProperty("worst_ulp", std::to_string(worst));
}

TEST(MathTest, PowOfSpecialValuesIsThatOfC) {
  float specials[128];
  int count = SpecialFloats(specials);
  specials[count++] = -5;
  specials[count++] = 0.3f;
  for (const Kernels* const* k = HostKernels(); *k != nullptr; ++k) {
    for (int i = 0; i < count; ++i) {
      for (int j = 0; j < count; ++j) {
        const float x = specials[i], y = specials[j];
        float got = 0;
        (*k)->binary[FindBinary("Pow")].fn(&x, &y, &got, 1);
        const double want = std::pow(static_cast<double>(x), static_cast<double>(y));
        EXPECT_LE(UlpError(got, want), kPowMaxUlp)
            << (*k)->isa << " " << x << " ^ " << y << " = " << got << ", not " << want;
        if (!std::isnan(want)) {
          EXPECT_EQ(std::signbit(got), std::signbit(want)) << x << " ^ " << y;
        }
      }
    }
  }
}

float FloorMod(float x, float y) {
  const float r = std::fmod(x, y);
  if (std::isnan(r)) return r;
  if (r == 0) return std::copysign(0.0f, y);
  return (r < 0) != (y < 0) ? r + y : r;
}

TEST(MathTest, ModIsPythonsAndFmodIsThatOfC) {
  std::vector<float> x, y;
  float specials[128];
  const int count = SpecialFloats(specials);
  for (int i = 0; i < count; ++i) {
    for (int j = 0; j < count; ++j) {
      x.push_back(specials[i]);
      y.push_back(specials[j]);
    }
  }
  for (uint64_t i = 0; i < 300000; ++i) {
    const float b = StratifiedFloat(Random(2 * i));
    float a = StratifiedFloat(Random(2 * i + 1));
    const float whole = static_cast<float>(Random(i) % (uint64_t{1} << (i % 26)));
    if (i % 3 == 1) a = b * whole;  // quotients at and about integers
    if (i % 3 == 2) a = FromBits(Bits(b * whole) + static_cast<uint32_t>(Random(i) % 3) - 1);
    x.push_back(a);
    y.push_back(b);
  }
  const int64_t n = static_cast<int64_t>(x.size());
  std::vector<float> mod(x.size()), fmod(x.size());
  for (const Kernels* const* k = HostKernels(); *k != nullptr; ++k) {
    (*k)->binary[FindBinary("Mod")].fn(x.data(), y.data(), mod.data(), n);
    (*k)->binary[FindBinary("Fmod")].fn(x.data(), y.data(), fmod.data(), n);
    for (int64_t i = 0; i < n; ++i) {
      ASSERT_TRUE(SameBits(fmod[i], std::fmod(x[i], y[i])))
          << (*k)->isa << std::hexfloat << " fmod(" << x[i] << ", " << y[i] << ") = " << fmod[i] << ", not "
          << std::fmod(x[i], y[i]);
      ASSERT_TRUE(SameBits(mod[i], FloorMod(x[i], y[i])))
          << (*k)->isa << std::hexfloat << " " << x[i] << " mod " << y[i] << " = " << mod[i] << ", not "
          << FloorMod(x[i], y[i]);
    }
  }
}

}  // namespace
}  // namespace weft::simd::testing
