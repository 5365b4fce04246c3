#include "core/dim.h"

#include <cstdint>
#include <optional>
#include <string>

#include "absl/hash/hash.h"
#include "absl/strings/str_cat.h"
#include "core/philox.h"
#include "core/testing/status_matchers.h"

namespace weft {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
constexpr auto kInvalidArgument = absl::StatusCode::kInvalidArgument;

const Dim n = Dim::Symbol("n"), m = Dim::Symbol("m"), k = Dim::Symbol("k");

TEST(Dim, Constants) {
  EXPECT_EQ(Dim(), Dim(0));
  EXPECT_EQ(Dim(2) + Dim(3) * 4 - 1, Dim(13));
  EXPECT_TRUE((n - n).is_constant());
  EXPECT_EQ(n - n + 5, Dim(5));
  EXPECT_EQ((n - n + 5).value(), 5);
  EXPECT_EQ(n * 0, Dim(0));
  EXPECT_NE(n, Dim(0));
  EXPECT_EQ(FloorDiv(7, 2), Dim(3));
  EXPECT_EQ(FloorDiv(-7, 2), Dim(-4));
  EXPECT_EQ(CeilDiv(7, 2), Dim(4));
  EXPECT_EQ(CeilDiv(-7, 2), Dim(-3));
  EXPECT_EQ(Dim(INT64_MIN).ToString(), "-9223372036854775808");
}

TEST(Dim, EqualityIsThatOfTheNormalForm) {
  EXPECT_EQ((n + 1) * (n - 1), n * n - 1);
  EXPECT_EQ((n + m) * (n + m), n * n + 2 * n * m + m * m);
  EXPECT_EQ(n * m * k, k * n * m);
  EXPECT_NE(n, m);
  EXPECT_NE(n, n + 1);
  EXPECT_EQ(absl::HashOf(n * m), absl::HashOf(m * n));
  EXPECT_EQ(Dim::Symbol("n"), n);
}

TEST(Dim, TextIsCanonical) {
  EXPECT_EQ((1 + 2 * n).ToString(), "2*n+1");
  EXPECT_EQ((1 - n).ToString(), "-n+1");
  EXPECT_EQ((m * -3 + n * n - 7).ToString(), "n*n-3*m-7");
  EXPECT_EQ((m + n + k).ToString(), "k+m+n");
  EXPECT_EQ(FloorDiv(n + 1, 2).ToString(), "floordiv(n+1,2)");
  EXPECT_EQ((FloorDiv(n, 2) * n * 3).ToString(), "3*floordiv(n,2)*n");
}

TEST(Dim, FloorDivKeepsOnlyWhatDoesNotDivide) {
  EXPECT_EQ(FloorDiv(28 * n, 28), n);
  EXPECT_EQ(FloorDiv(28 * n + 3, 28), n);
  EXPECT_EQ(FloorDiv(28 * n - 1, 28), n - 1);
  EXPECT_EQ(FloorDiv(5 * n - 1, 3).ToString(), "floordiv(2*n+2,3)+n-1");
  EXPECT_EQ(FloorDiv(n, 1), n);
  EXPECT_EQ(FloorDiv(-n, 2), FloorDiv(n, 2) - n);
  EXPECT_EQ(FloorDiv(n - 1, 2) + 1, FloorDiv(n + 1, 2));
  // Common factors, nested floordivs.
  EXPECT_EQ(FloorDiv(2 * n + 1, 4), FloorDiv(n, 2));
  EXPECT_EQ(FloorDiv(6 * n + 4, 9), FloorDiv(2 * n + 1, 3));
  EXPECT_EQ(FloorDiv(FloorDiv(n, 2), 3), FloorDiv(n, 6));
  EXPECT_EQ(FloorDiv(FloorDiv(n, 2) + 1, 2), FloorDiv(n + 2, 4));
  // Two 2x2 pools are one of 4x4.
  EXPECT_EQ(FloorDiv(FloorDiv(n - 2, 2) + 1 - 2, 2) + 1, FloorDiv(n, 4));
  EXPECT_EQ(FloorDiv(n, 2) + FloorDiv(n, 2), 2 * FloorDiv(n, 2));
}

TEST(Dim, ExactDiv) {
  EXPECT_THAT(ExactDiv(28 * n * k, k * n), IsOkAndHolds(Dim(28)));
  EXPECT_THAT(ExactDiv(28 * n, 7), IsOkAndHolds(4 * n));
  EXPECT_THAT(ExactDiv(28 * n + 28, n + 1), IsOkAndHolds(Dim(28)));
  EXPECT_THAT(ExactDiv(n * n - m * m, n - m), IsOkAndHolds(n + m));
  EXPECT_THAT(ExactDiv(n * n - m * m, m + n), IsOkAndHolds(n - m));
  EXPECT_THAT(ExactDiv(n * n * n - m * m * m, n - m), IsOkAndHolds(n * n + n * m + m * m));
  EXPECT_THAT(ExactDiv(6, 3), IsOkAndHolds(Dim(2)));
  EXPECT_THAT(ExactDiv(0, n), IsOkAndHolds(Dim(0)));
  EXPECT_THAT(ExactDiv(FloorDiv(n, 2) * 6 * m, FloorDiv(n, 2) * m), IsOkAndHolds(Dim(6)));
  EXPECT_THAT(ExactDiv(5 * n, -1), IsOkAndHolds(-5 * n));
  EXPECT_THAT(ExactDiv(n, 2), StatusIs(kInvalidArgument, HasSubstr("cannot show that 2 divides n")));
  EXPECT_THAT(ExactDiv(n * n + 1, n), StatusIs(kInvalidArgument));
  EXPECT_THAT(ExactDiv(7, 2), StatusIs(kInvalidArgument));
  EXPECT_THAT(ExactDiv(7, n), StatusIs(kInvalidArgument));
  EXPECT_THAT(ExactDiv(n, 0), StatusIs(kInvalidArgument));
  EXPECT_THAT(ExactDiv(0, 0), StatusIs(kInvalidArgument));
  EXPECT_THAT(ExactDiv(INT64_MIN, -1), StatusIs(kInvalidArgument));
  EXPECT_THAT(ExactDiv(n * INT64_MIN, -1), StatusIs(kInvalidArgument));
  EXPECT_THAT(ExactDiv(n * INT64_MIN, -n), StatusIs(kInvalidArgument));
}

TEST(Dim, EvaluateAndSubstitute) {
  Dim d = FloorDiv(n * m + 3, 4) - k;
  EXPECT_THAT(d.Symbols(), ElementsAre("k", "m", "n"));
  EXPECT_THAT(d.Evaluate({{"n", 5}, {"m", 7}, {"k", 100}}), IsOkAndHolds(-91));
  EXPECT_THAT(d.Evaluate({{"n", 5}, {"m", 7}}), StatusIs(kInvalidArgument, HasSubstr("symbol k has no value")));
  EXPECT_THAT(n.Evaluate({{"n", -1}}), StatusIs(kInvalidArgument));
  EXPECT_THAT((n * n).Evaluate({{"n", int64_t{1} << 40}}), StatusIs(kInvalidArgument, HasSubstr("exceeds int64")));
  EXPECT_THAT((n * n * n * n).Evaluate({{"n", INT64_MAX}}), StatusIs(kInvalidArgument, HasSubstr("too large")));
  EXPECT_EQ(d.Substitute({{"n", 4 * m}, {"m", 1}}), m - k);  // 4*m+3 over 4; m of the replacement stays
  EXPECT_EQ(n.Substitute({{"n", m}, {"m", n}}), m);
  EXPECT_EQ((n * m).Substitute({{"n", 2}, {"m", 3}}), Dim(6));
}

TEST(Dim, OverflowAndLimitsGiveInvalidDims) {
  for (const Dim& d :
       {Dim(INT64_MAX) + 1, Dim(INT64_MIN) - 1, Dim(INT64_MAX) * 2, n * INT64_MAX + n, n * INT64_MAX * m * 2,
        Dim(0) - n * INT64_MIN, Dim::Symbol(""), Dim::Symbol("1a"), Dim::Symbol("a b"), Dim::Symbol("floordiv"),
        Dim::Symbol(std::string(129, 'a')), FloorDiv(n, 0), FloorDiv(4, -1)}) {
    EXPECT_FALSE(d.is_valid());
    EXPECT_FALSE(d.is_constant());
    EXPECT_FALSE((d + 1).is_valid());
    EXPECT_FALSE((n * d).is_valid());
    EXPECT_FALSE((d * 0).is_valid());
    EXPECT_FALSE(FloorDiv(d, 2).is_valid());
    EXPECT_EQ(d, d);
    EXPECT_THAT(d.Evaluate({{"n", 1}}), StatusIs(kInvalidArgument));
    EXPECT_THAT(ExactDiv(d, 1), StatusIs(kInvalidArgument));
    EXPECT_THAT(Dim::Parse(d.ToString()), StatusIs(kInvalidArgument));
  }
  Dim many = 0, power = 1, nested = n;
  for (int i = 0; i < 300; ++i) many = many + Dim::Symbol(absl::StrCat("s", i));
  for (int i = 0; i < 3000; ++i) power = power * n;
  for (int i = 0; i < 40; ++i) nested = FloorDiv(nested + m, 2);
  EXPECT_FALSE(many.is_valid());
  EXPECT_FALSE(power.is_valid());
  EXPECT_FALSE(nested.is_valid());
  EXPECT_EQ(FloorDiv(n + INT64_MAX, INT64_MAX), FloorDiv(n, INT64_MAX) + 1);
  EXPECT_EQ(FloorDiv(n * INT64_MIN, INT64_MAX), FloorDiv(n * (INT64_MAX - 1), INT64_MAX) - 2 * n);
}

TEST(Dim, Parse) {
  EXPECT_THAT(Dim::Parse("7"), IsOkAndHolds(Dim(7)));
  EXPECT_THAT(Dim::Parse("-7"), IsOkAndHolds(Dim(-7)));
  EXPECT_THAT(Dim::Parse("-9223372036854775808"), IsOkAndHolds(Dim(INT64_MIN)));
  EXPECT_THAT(Dim::Parse("-9223372036854775808*n"), IsOkAndHolds(n * INT64_MIN));
  EXPECT_THAT(Dim::Parse("1 + n*2 - m"), IsOkAndHolds(2 * n - m + 1));
  EXPECT_THAT(Dim::Parse("2*(n+1)*(n-1)"), IsOkAndHolds(2 * n * n - 2));
  EXPECT_THAT(Dim::Parse("floordiv(floordiv(n,2)+m,3)"), IsOkAndHolds(FloorDiv(FloorDiv(n, 2) + m, 3)));
  for (const char* bad : {"",
                          " ",
                          "n+",
                          "+n",
                          "n n",
                          "2n",
                          "n-",
                          "--n",
                          "n**2",
                          "(n",
                          "n)",
                          "floordiv",
                          "floordiv(n)",
                          "floordiv(n,0)",
                          "floordiv(n,-2)",
                          "floordiv(n,m)",
                          "floordiv(n,2",
                          "9223372036854775808",
                          "1.5",
                          "0x10",
                          "n\n",
                          "a-b c",
                          "?",
                          "9223372036854775807+1",
                          "<invalid>",
                          "n,m",
                          "\xff"}) {
    EXPECT_THAT(Dim::Parse(bad), StatusIs(kInvalidArgument, HasSubstr("not a dim"))) << bad;
  }
}

TEST(Dim, HostileTextIsRefusedAtOnce) {
  std::string product = "(a+b)", sum = "a", deep, deep_div;
  for (int i = 0; i < 600; ++i) absl::StrAppend(&product, "*(a+b)");
  for (int i = 0; i < 400; ++i) absl::StrAppend(&sum, "+a", i);
  for (int i = 0; i < 2000; ++i) deep += '(';
  for (int i = 0; i < 300; ++i) deep_div += "floordiv(";
  std::string wide = "(a0";
  for (int i = 1; i < 200; ++i) absl::StrAppend(&wide, "+a", i);
  wide += ")";
  for (const std::string& text : {product, sum, deep, deep_div, absl::StrCat(wide, "*", wide), std::string(5000, '1'),
                                  std::string(4000, '1'), std::string(4000, 'a'), std::string(1000, '-')}) {
    EXPECT_THAT(Dim::Parse(text), StatusIs(kInvalidArgument)) << text.substr(0, 40);
  }
  // At the limits it is accepted.
  std::string nested = "n";
  for (int i = 0; i < Dim::kMaxNesting; ++i) nested = absl::StrCat("floordiv(", nested, "+m,2)");
  WEFT_ASSERT_OK_AND_ASSIGN(Dim d, Dim::Parse(nested));
  EXPECT_THAT(Dim::Parse(d.ToString()), IsOkAndHolds(d));
}

// An expression built by the public operations, beside a function that computes its value directly.
struct Random {
  PhiloxStream rng;
  SymbolBindings bindings = {{"n", 0}, {"m", 0}, {"k", 0}};

  Dim Make(int depth, __int128* value) {
    if (depth == 0 || rng.Below(5) == 0) {
      if (rng.Below(3) == 0) {
        const int64_t c = static_cast<int64_t>(rng.Below(41)) - 20;
        *value = c;
        return c;
      }
      const char* name = &"n\0m\0k"[2 * rng.Below(3)];
      *value = bindings[name];
      return Dim::Symbol(name);
    }
    __int128 x, y;
    Dim a = Make(depth - 1, &x);
    switch (rng.Below(4)) {
      case 0: {
        Dim b = Make(depth - 1, &y);
        *value = x + y;
        return a + b;
      }
      case 1: {
        Dim b = Make(depth - 1, &y);
        *value = x - y;
        return a - b;
      }
      case 2: {
        Dim b = Make(depth - 2 < 0 ? 0 : depth - 2, &y);
        *value = x * y;
        return a * b;
      }
      default: {
        const int64_t divisor = 1 + rng.Below(6);
        *value = (x - ((x % divisor) + divisor) % divisor) / divisor;
        return FloorDiv(a, divisor);
      }
    }
  }
};

TEST(Dim, RandomExpressionsKeepTheirValueAndRoundTrip) {
  int valid = 0;
  for (int i = 0; i < 3000; ++i) {
    Random random{PhiloxStream(20240607, i)};
    for (auto& [name, value] : random.bindings) value = random.rng.Below(30);
    __int128 expected;
    Dim d = random.Make(5, &expected);
    if (!d.is_valid()) continue;  // past the limits
    ++valid;
    ASSERT_THAT(d.Evaluate(random.bindings), IsOkAndHolds(static_cast<int64_t>(expected))) << i << ": " << d.ToString();
    ASSERT_THAT(Dim::Parse(d.ToString()), IsOkAndHolds(d)) << i;
    absl::flat_hash_map<std::string, Dim> constants;
    for (const auto& [name, value] : random.bindings) constants[name] = value;
    ASSERT_EQ(d.Substitute(constants), Dim(static_cast<int64_t>(expected))) << i << ": " << d.ToString();
    if (d != Dim(0)) {
      ASSERT_THAT(ExactDiv(d * (n + 2), d), IsOkAndHolds(n + 2)) << i << ": " << d.ToString();
    }
  }
  EXPECT_GT(valid, 2500);
}

}  // namespace
}  // namespace weft
