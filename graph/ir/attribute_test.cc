#include "graph/ir/attribute.h"

#include <bit>
#include <limits>

#include "core/testing/status_matchers.h"
#include "gmock/gmock.h"
#include "graph/ir/builder.h"
#include "graph/text/testing/test_ops.h"
#include "gtest/gtest.h"

namespace weft {
namespace {

using ::testing::ElementsAre;

GraphPtr Function(const char* input) {
  GraphBuilder b(TestOps());
  Value x = b.Input(input, {DType::kFloat32, {2}});
  b.Output("y", x);
  return *b.Build();
}

// Two different values of each kind.
std::vector<std::pair<AttrValue, AttrValue>> Kinds() {
  return {{false, true},
          {int64_t{1}, int64_t{2}},
          {1.0, 2.0},
          {std::string("a"), std::string("b")},
          {std::vector<int64_t>{1}, std::vector<int64_t>{1, 1}},
          {std::vector<double>{1}, std::vector<double>{2}},
          {DType::kFloat32, DType::kInt32},
          {Shape({2}), Shape({Dim::Symbol("n")})},
          {TensorType{DType::kFloat32, {2}}, TensorType{DType::kFloat64, {2}}},
          {Tensor::Scalar(DType::kFloat32, 1), Tensor::Scalar(DType::kFloat32, 2)},
          {Function("a"), Function("b")}};
}

TEST(AttributeTest, KindsHaveNames) {
  std::vector<std::string> names;
  for (const auto& [value, other] : Kinds()) names.emplace_back(Name(KindOf(value)));
  EXPECT_THAT(names, ElementsAre("bool", "int", "float", "string", "ints", "floats", "dtype", "shape", "type", "tensor",
                                 "function"));
}

TEST(AttributeTest, EqualWithinAKindOnly) {
  const auto kinds = Kinds(), again = Kinds();
  for (size_t i = 0; i < kinds.size(); ++i) {
    for (size_t j = 0; j < kinds.size(); ++j) {
      EXPECT_EQ(AttrEqual(kinds[i].first, again[j].first), i == j) << i << " " << j;
      EXPECT_FALSE(AttrEqual(kinds[i].first, again[j].second)) << i << " " << j;
    }
    EXPECT_EQ(AttrHash(kinds[i].first), AttrHash(again[i].first)) << i;
    EXPECT_NE(AttrHash(kinds[i].first), AttrHash(again[i].second)) << i;
  }
}

TEST(AttributeTest, FloatsAreEqualByTheirBits) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const double other_nan = std::bit_cast<double>(std::bit_cast<uint64_t>(nan) ^ 1);
  EXPECT_TRUE(AttrEqual(nan, nan));
  EXPECT_FALSE(AttrEqual(nan, other_nan));
  EXPECT_FALSE(AttrEqual(0.0, -0.0));
  EXPECT_NE(AttrHash(0.0), AttrHash(-0.0));
  using Floats = std::vector<double>;
  EXPECT_TRUE(AttrEqual(Floats{nan, -0.0}, Floats{nan, -0.0}));
  EXPECT_FALSE(AttrEqual(Floats{-0.0}, Floats{0.0}));
  EXPECT_FALSE(AttrEqual(Floats{1}, Floats{1, 2}));
  EXPECT_FALSE(AttrEqual(Tensor::Scalar(DType::kFloat32, 0), Tensor::Scalar(DType::kFloat32, -0.0)));
}

TEST(AttributeTest, FunctionsAreEqualByTheirStructure) {
  EXPECT_TRUE(AttrEqual(GraphPtr(), GraphPtr()));
  EXPECT_FALSE(AttrEqual(GraphPtr(), Function("a")));
  EXPECT_FALSE(AttrEqual(Function("a"), GraphPtr()));
}

TEST(AttrMapTest, SortedByNameAndTheLastOfANameStays) {
  const AttrMap map({{"b", int64_t{1}}, {"a", true}, {"b", int64_t{2}}, {"c", 0.5}, {"b", int64_t{3}}});
  std::vector<std::string> names;
  for (const AttrMap::Entry& entry : map.entries()) names.push_back(entry.first);
  EXPECT_THAT(names, ElementsAre("a", "b", "c"));
  EXPECT_EQ(map.Int("b"), 3);
  EXPECT_EQ(map, AttrMap({{"c", 0.5}, {"b", int64_t{3}}, {"a", true}}));
  EXPECT_EQ(map.Hash(), AttrMap({{"c", 0.5}, {"b", int64_t{3}}, {"a", true}}).Hash());
  EXPECT_FALSE(map == AttrMap({{"b", int64_t{3}}, {"a", true}}));
  EXPECT_FALSE(map == AttrMap({{"c", 0.5}, {"d", int64_t{3}}, {"a", true}}));
  EXPECT_TRUE(AttrMap().empty());
}

TEST(AttrMapTest, WithLeavesTheOriginal) {
  const AttrMap map({{"a", true}});
  const AttrMap with = map.With("a", false).With("b", int64_t{1});
  EXPECT_TRUE(map.Bool("a"));
  EXPECT_EQ(map.Find("b"), nullptr);
  EXPECT_FALSE(with.Bool("a"));
  EXPECT_EQ(with.entries().size(), 2u);
}

// Never undefined: an op may be asked about attributes that some file gave another kind.
TEST(AttrMapTest, AMissingNameAndAnotherKindGiveNothing) {
  const AttrMap map({{"a", true}});
  EXPECT_EQ(map.Int("a"), 0);
  EXPECT_EQ(map.Float("none"), 0);
  EXPECT_EQ(map.String("a"), "");
  EXPECT_TRUE(map.Ints("a").empty());
  EXPECT_EQ(map.Function("a"), nullptr);
  EXPECT_EQ(map.Get<Shape>("a").rank(), 0);
  EXPECT_EQ(map.Get<Tensor>("a").num_bytes(), Tensor().num_bytes());
}

}  // namespace
}  // namespace weft
