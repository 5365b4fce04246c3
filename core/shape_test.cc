#include "core/shape.h"

#include <string>

#include "core/tensor_type.h"
#include "core/testing/status_matchers.h"

namespace weft {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
constexpr auto kInvalidArgument = absl::StatusCode::kInvalidArgument;

const Dim n = Dim::Symbol("n"), m = Dim::Symbol("m");

TEST(Shape, Basics) {
  Shape s = {n, 28, 28};
  EXPECT_EQ(s.rank(), 3);
  EXPECT_FALSE(s.is_static());
  EXPECT_EQ(s.NumElements(), 784 * n);
  EXPECT_EQ(s.ToString(), "[n,28,28]");
  EXPECT_THAT(s.Evaluate({{"n", 64}}), IsOkAndHolds(ElementsAre(64, 28, 28)));
  EXPECT_THAT(s.Evaluate({}), StatusIs(kInvalidArgument, HasSubstr("[n,28,28]")));
  EXPECT_THAT(Shape({n - 3}).Evaluate({{"n", 2}}), StatusIs(kInvalidArgument, HasSubstr("dim n-3 is -1")));
  EXPECT_EQ(s.Substitute({{"n", 2}}), Shape({2, 28, 28}));
  EXPECT_EQ(Shape().NumElements(), Dim(1));
  EXPECT_EQ(Shape().ToString(), "[]");
  EXPECT_TRUE(Shape::FromDims({2, 3}).is_static());
}

TEST(Shape, Parse) {
  for (const Shape& s : {Shape(), Shape({0}), Shape({n, 28, 28}), Shape({FloorDiv(n + 1, 2), FloorDiv(m, 3) + 1})}) {
    EXPECT_THAT(Shape::Parse(s.ToString()), IsOkAndHolds(s));
  }
  for (const char* bad : {"", "[", "]", "[,]", "[1,]", "[1", "1]", "[[1]]", "[1]]", "[floordiv(n,2]", "[)(,1]",
                          "[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1]"}) {
    EXPECT_THAT(Shape::Parse(bad), StatusIs(kInvalidArgument)) << bad;
  }
}

TEST(Shape, NumElementsIsChecked) {
  EXPECT_THAT(CheckedNumElements({2, 3}), IsOkAndHolds(6));
  EXPECT_THAT(CheckedNumElements({}), IsOkAndHolds(1));
  EXPECT_THAT(CheckedNumElements({5, 0}), IsOkAndHolds(0));
  EXPECT_THAT(CheckedNumElements({kMaxElements}), IsOkAndHolds(kMaxElements));
  EXPECT_THAT(CheckedNumElements({kMaxElements, 2}), StatusIs(kInvalidArgument));
  EXPECT_THAT(CheckedNumElements({int64_t{1} << 32, int64_t{1} << 32}), StatusIs(kInvalidArgument));
  EXPECT_THAT(CheckedNumElements({int64_t{1} << 62, 0}), StatusIs(kInvalidArgument));
  EXPECT_THAT(CheckedNumElements({0, -1}), StatusIs(kInvalidArgument, HasSubstr("[0,-1]")));
  EXPECT_THAT(CheckedNumElements(Dims(kMaxRank + 1, 1)), StatusIs(kInvalidArgument));
}

TEST(Shape, Broadcast) {
  EXPECT_THAT(BroadcastShapes({n, 1, 3}, {4, 1}), IsOkAndHolds(Shape({n, 4, 3})));
  EXPECT_THAT(BroadcastShapes({4, 1}, {n, 1, 3}), IsOkAndHolds(Shape({n, 4, 3})));
  EXPECT_THAT(BroadcastShapes({n, 2}, {n, 2}), IsOkAndHolds(Shape({n, 2})));
  EXPECT_THAT(BroadcastShapes({}, {n}), IsOkAndHolds(Shape({n})));
  EXPECT_THAT(BroadcastShapes({1}, {0}), IsOkAndHolds(Shape({0})));
  EXPECT_THAT(BroadcastShapes({n}, {m}), StatusIs(kInvalidArgument, HasSubstr("[n] and [m]")));
  EXPECT_THAT(BroadcastShapes({n}, {2}), StatusIs(kInvalidArgument));
  EXPECT_THAT(BroadcastShapes({n * INT64_MAX * 2}, {n * INT64_MAX * 2}), StatusIs(kInvalidArgument));
  EXPECT_THAT(BroadcastDims({5, 1, 3}, {4, 1}), IsOkAndHolds(ElementsAre(5, 4, 3)));
  EXPECT_THAT(BroadcastDims({}, {}), IsOkAndHolds(ElementsAre()));
  EXPECT_THAT(BroadcastDims({2}, {3}), StatusIs(kInvalidArgument, HasSubstr("[2] and [3]")));
}

TEST(TensorType, TextRoundTrip) {
  TensorType type{DType::kFloat32, {n, 28, 28}};
  EXPECT_EQ(type.ToString(), "f32[n,28,28]");
  EXPECT_THAT(TensorType::Parse("f32[n,28,28]"), IsOkAndHolds(type));
  EXPECT_THAT(TensorType::Parse("i64[]"), IsOkAndHolds(TensorType{DType::kInt64, {}}));
  TensorType packed{DType::kFloat32, {784, 10}, Layout::kPanels64};
  EXPECT_EQ(packed.ToString(), "f32[784,10]{panels64}");
  EXPECT_THAT(TensorType::Parse(packed.ToString()), IsOkAndHolds(packed));
  EXPECT_NE(packed, (TensorType{DType::kFloat32, {784, 10}}));
  for (const char* bad : {"", "f32", "[1]", "f33[1]", "f32[1", "f32]1[", "f32[1]x", "f32[1]{}", "f32[1]{row_major}",
                          "f32[1]{panels64", " f32[1]"}) {
    EXPECT_THAT(TensorType::Parse(bad), StatusIs(kInvalidArgument)) << bad;
  }
}

TEST(TensorType, Bind) {
  WEFT_ASSERT_OK_AND_ASSIGN(ConcreteType type, Bind({DType::kInt32, {n, 2 * n}}, {{"n", 3}}));
  EXPECT_EQ(type.dtype, DType::kInt32);
  EXPECT_THAT(type.dims, ElementsAre(3, 6));
  EXPECT_THAT(Bind({DType::kInt32, {n}}, {}), StatusIs(kInvalidArgument));
}

}  // namespace
}  // namespace weft
