#include "graph/text/literal.h"

#include <bit>
#include <cmath>
#include <limits>
#include <random>

#include "core/testing/status_matchers.h"
#include "gtest/gtest.h"

namespace weft {
namespace {

template <typename Float, typename Bits>
void ExpectRoundTrip(Bits bits) {
  const Float value = std::bit_cast<Float>(bits);
  std::string text;
  AppendFloat(value, &text);
  Float back = 0;
  ASSERT_TRUE(ParseFloat(text, &back)) << text;
  EXPECT_EQ(std::bit_cast<Bits>(back), bits) << text;
}

TEST(LiteralTest, EveryFloatReadsBackToItsBits) {
  for (uint64_t step = 0; step < (uint64_t{1} << 32); step += 48611) {  // prime: all exponents, many mantissas
    ExpectRoundTrip<float>(static_cast<uint32_t>(step));
  }
  std::mt19937_64 random(1);
  for (int i = 0; i < 100000; ++i) ExpectRoundTrip<double>(static_cast<uint64_t>(random()));
  for (uint32_t bits :
       {0x7f800001u, 0x7fbfffffu, 0x7fc00000u, 0xffc00000u, 0x80000000u, 0x7f800000u, 0xff800000u, 1u}) {
    ExpectRoundTrip<float>(bits);
    ExpectRoundTrip<double>(uint64_t{bits} << 32 | 1);
    ExpectRoundTrip<double>(uint64_t{bits} << 32);
  }
}

TEST(LiteralTest, FloatsAreShort) {
  auto text = [](auto value) {
    std::string out;
    AppendFloat(value, &out);
    return out;
  };
  EXPECT_EQ(text(0.1f), "0.1");
  EXPECT_EQ(text(-0.0f), "-0");
  EXPECT_EQ(text(1.0), "1");
  EXPECT_EQ(text(1e30), "1e+30");
  EXPECT_EQ(text(std::numeric_limits<float>::quiet_NaN()), "nan");
  EXPECT_EQ(text(-std::numeric_limits<double>::infinity()), "-inf");
  EXPECT_EQ(text(std::bit_cast<float>(0xffc00001u)), "nan(0xffc00001)");
}

TEST(LiteralTest, BadNumbersAreRefused) {
  double d;
  float f;
  int64_t i;
  for (const char* text : {"", "-", "+1", "1 ", " 1", "0x10", "nan()", "nan(0x)", "nan(0x1)", "nan(0x7ff8000000000000",
                           "nan(0x17ff8000000000000)", "infinity", "-nan", "INF", "1e", "1e999", "--1", "1.5.5", "."}) {
    EXPECT_FALSE(ParseFloat(text, &d)) << text;
  }
  EXPECT_FALSE(ParseFloat("1e39", &f));
  EXPECT_FALSE(ParseFloat("1e-60", &f));
  EXPECT_TRUE(ParseFloat("1e-45", &f));
  for (const char* text : {"", "-", "1.5", "0x1", "9223372036854775808", "-9223372036854775809", "1 "}) {
    EXPECT_FALSE(ParseInt(text, &i)) << text;
  }
}

TEST(LiteralTest, StringsOfAnyBytes) {
  std::string all;
  for (int c = 0; c < 256; ++c) all += static_cast<char>(c);
  for (const std::string& s :
       {all, std::string(), std::string("\"\\\n"), std::string("\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80"),
        std::string("\xed\xa0\x80\xc0\x80\xf5\x80\x80\x80\xe2\x82")}) {
    const std::string quoted = Quote(s);
    EXPECT_TRUE(IsUtf8(quoted));
    EXPECT_EQ(quoted.find('\n'), std::string::npos);
    WEFT_ASSERT_OK_AND_ASSIGN(const std::string back, Unquote(quoted.substr(1, quoted.size() - 2)));
    EXPECT_EQ(back, s);
  }
  EXPECT_EQ(Quote("\xc3\xa9"), "\"\xc3\xa9\"");  // UTF-8 stays readable
  for (const char* text : {"\\", "\\x", "\\x1", "\\xg0", "\\a"}) EXPECT_FALSE(Unquote(text).ok()) << text;
}

TEST(LiteralTest, Utf8) {
  EXPECT_TRUE(IsUtf8("a\xc3\xa9\xef\xbf\xbd\xf4\x8f\xbf\xbf"));
  for (const char* text : {"\x80", "\xc1\x80", "\xc3", "\xe0\x9f\x80", "\xed\xa0\x80", "\xf0\x8f\x80\x80",
                           "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xe2\x82", "\xe2\x82\x41"}) {
    EXPECT_FALSE(IsUtf8(text));
  }
}

}  // namespace
}  // namespace weft
