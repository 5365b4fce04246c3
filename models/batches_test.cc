#include "models/batches.h"

#include <cmath>
#include <limits>

#include "core/testing/status_matchers.h"
#include "gtest/gtest.h"

namespace weft {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

template <typename From, typename To>
bool Exact(From value, To expected) {
  To converted{};
  const int64_t n = ConvertExactly(kDTypeOf<From>, &value, kDTypeOf<To>, &converted, 1);
  return n == 1 && converted == expected;
}
template <typename To, typename From>
bool Refused(From value) {
  To converted{};
  return ConvertExactly(kDTypeOf<From>, &value, kDTypeOf<To>, &converted, 1) == 0;
}

TEST(ConvertExactly, WhatFits) {
  EXPECT_TRUE(Exact(uint8_t{255}, 255.0f));
  EXPECT_TRUE(Exact(uint8_t{255}, int32_t{255}));
  EXPECT_TRUE(Exact(uint8_t{1}, true));
  EXPECT_TRUE(Exact(true, 1.0f));
  EXPECT_TRUE(Exact(3.0f, int32_t{3}));
  EXPECT_TRUE(Exact(-3.0, int64_t{-3}));
  EXPECT_TRUE(Exact(int64_t{-5}, int32_t{-5}));
  EXPECT_TRUE(Exact(int32_t{1 << 24}, 16777216.0f));
  EXPECT_TRUE(Exact(0.5, 0.5f));
  EXPECT_TRUE(Exact(-0.0, -0.0f));
  EXPECT_TRUE(Exact(std::numeric_limits<double>::infinity(), std::numeric_limits<float>::infinity()));
  EXPECT_TRUE(Exact(-2147483648.0f, std::numeric_limits<int32_t>::min()));
  EXPECT_TRUE(Exact(std::numeric_limits<int64_t>::min(), -0x1p63));
  double nan = std::nan("");
  float converted = 0;
  EXPECT_EQ(ConvertExactly(DType::kFloat64, &nan, DType::kFloat32, &converted, 1), 1);
  EXPECT_TRUE(std::isnan(converted));
}

TEST(ConvertExactly, WhatDoesNot) {
  EXPECT_TRUE(Refused<float>(0.1));
  EXPECT_TRUE(Refused<float>(1e300));
  EXPECT_TRUE(Refused<float>(1e-300));
  EXPECT_TRUE(Refused<int32_t>(0.5f));
  EXPECT_TRUE(Refused<int32_t>(2147483648.0f));
  EXPECT_TRUE(Refused<int32_t>(std::nanf("")));
  EXPECT_TRUE(Refused<int64_t>(0x1p63));
  EXPECT_TRUE(Refused<uint8_t>(-1.0f));
  EXPECT_TRUE(Refused<uint8_t>(256.0));
  EXPECT_TRUE(Refused<uint8_t>(int32_t{256}));
  EXPECT_TRUE(Refused<uint8_t>(int64_t{-1}));
  EXPECT_TRUE(Refused<int32_t>(int64_t{1} << 31));
  EXPECT_TRUE(Refused<float>((int32_t{1} << 24) + 1));
  EXPECT_TRUE(Refused<double>(std::numeric_limits<int64_t>::max()));
  EXPECT_TRUE(Refused<float>(std::numeric_limits<int64_t>::max()));
  EXPECT_TRUE(Refused<bool>(uint8_t{2}));
  EXPECT_TRUE(Refused<bool>(0.5f));
  EXPECT_TRUE(Refused<bool>(2.0));
}

Tensor Floats(std::vector<float> values, Dims dims) { return *Tensor::FromVector<float>(values, dims); }

TEST(Batches, GathersAndConverts) {
  const Tensor x = Floats({0, 1, 10, 11, 20, 21, 30, 31}, {4, 2});
  const Tensor y = *Tensor::FromVector<uint8_t>({5, 6, 7, 8}, {4});
  WEFT_ASSERT_OK_AND_ASSIGN(Batches batches, Batches::Create({{"x", x, DType::kFloat32, {2}},  //
                                                              {"y", y, DType::kInt32, {1}}},
                                                             3));
  WEFT_ASSERT_OK(batches.Gather({3, 0}));
  ASSERT_EQ(batches.views().size(), 2u);
  EXPECT_THAT(batches.views()[0].dims, ElementsAre(2, 2));
  EXPECT_THAT(batches.views()[1].dims, ElementsAre(2, 1));
  const float* gathered = static_cast<const float*>(batches.views()[0].data);
  EXPECT_THAT(std::vector<float>(gathered, gathered + 4), ElementsAre(30, 31, 0, 1));
  const int32_t* labels = static_cast<const int32_t*>(batches.views()[1].data);
  EXPECT_THAT(std::vector<int32_t>(labels, labels + 2), ElementsAre(8, 5));

  WEFT_ASSERT_OK(batches.Take(1, 4));
  EXPECT_EQ(batches.views()[0].data, x.data<float>().data() + 2) << "nothing to convert: no copy";
  EXPECT_THAT(batches.views()[1].dims, ElementsAre(3, 1));
  labels = static_cast<const int32_t*>(batches.views()[1].data);
  EXPECT_THAT(std::vector<int32_t>(labels, labels + 3), ElementsAre(6, 7, 8));
}

TEST(Batches, NamesTheValueThatDoesNotFit) {
  const Tensor y = Floats({0, 1, 2, 3, 4, 0.25}, {3, 2});
  WEFT_ASSERT_OK_AND_ASSIGN(Batches batches, Batches::Create({{"y", y, DType::kInt32, {2}}}, 3));
  WEFT_EXPECT_OK(batches.Gather({1, 0}));
  for (const absl::Status& status : {batches.Gather({0, 2}), batches.Take(0, 3)}) {
    EXPECT_THAT(status, StatusIs(absl::StatusCode::kInvalidArgument,
                                 AllOf(HasSubstr("y: the data are f32, the model takes i32"), HasSubstr("0.25"),
                                       HasSubstr("sample 2"))));
  }
}

}  // namespace
}  // namespace weft
