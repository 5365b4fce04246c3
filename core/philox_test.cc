#include "core/philox.h"

#include <cmath>
#include <cstdint>
#include <vector>

#include "core/testing/status_matchers.h"

namespace weft {
namespace {

using ::testing::ElementsAre;

// The known answers of Random123 (kat_vectors, philox4x32 10).
TEST(Philox, KnownAnswers) {
  EXPECT_THAT(Philox4x32({0, 0}, {0, 0, 0, 0}), ElementsAre(0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8));
  EXPECT_THAT(Philox4x32({0xffffffff, 0xffffffff}, {0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff}),
              ElementsAre(0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd));
  EXPECT_THAT(Philox4x32({0xa4093822, 0x299f31d0}, {0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}),
              ElementsAre(0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1));
}

TEST(PhiloxStream, IsTheBlocksInOrder) {
  PhiloxStream stream(0x0123456789abcdef, 0x1122334455667788);
  for (uint32_t block = 0; block < 3; ++block) {
    for (uint32_t word : Philox4x32({0x89abcdef, 0x01234567}, {block, 0, 0x55667788, 0x11223344})) {
      EXPECT_EQ(stream.Next32(), word);
    }
  }
  PhiloxStream a(1), b(1), other(1, 1);
  const uint64_t first = a.Next64();
  EXPECT_EQ(first, b.Next64());
  EXPECT_NE(first, other.Next64());
}

TEST(PhiloxStream, Below) {
  PhiloxStream stream(5);
  std::vector<int> counts(7);
  for (int i = 0; i < 70000; ++i) ++counts.at(stream.Below(7));
  for (int count : counts) EXPECT_NEAR(count, 10000, 500);
  EXPECT_EQ(stream.Below(1), 0u);
  const uint64_t large = (uint64_t{1} << 63) + 1;  // about half of all words are rejected
  for (int i = 0; i < 1000; ++i) ASSERT_LT(stream.Below(large), large);
}

TEST(PhiloxStream, UniformAndNormal) {
  PhiloxStream stream(6);
  constexpr int kCount = 200000;
  double sum = 0, squares = 0, uniform = 0;
  for (int i = 0; i < kCount; ++i) {
    const double x = stream.Normal(), u = stream.Uniform();
    ASSERT_TRUE(std::isfinite(x));
    ASSERT_GE(u, 0.0);
    ASSERT_LT(u, 1.0);
    sum += x;
    squares += x * x;
    uniform += u;
  }
  EXPECT_NEAR(sum / kCount, 0, 0.01);
  EXPECT_NEAR(squares / kCount, 1, 0.02);
  EXPECT_NEAR(uniform / kCount, 0.5, 0.005);
}

}  // namespace
}  // namespace weft
