#include "core/tensor.h"

#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <vector>

#include "core/buffer.h"
#include "core/dtype.h"
#include "core/layout.h"
#include "core/testing/status_matchers.h"

// Sanitizers end the process at an allocation past their limit, where malloc returns null: here that is what is tested.
extern "C" const char* __asan_default_options() { return "allocator_may_return_null=1"; }
extern "C" const char* __tsan_default_options() { return "allocator_may_return_null=1"; }

namespace weft {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
constexpr auto kInvalidArgument = absl::StatusCode::kInvalidArgument;

TEST(DType, NamesAndSizes) {
  for (DType dtype : {DType::kFloat32, DType::kFloat64, DType::kInt32, DType::kInt64, DType::kUInt8, DType::kBool}) {
    EXPECT_THAT(ParseDType(Name(dtype)), IsOkAndHolds(dtype));
  }
  EXPECT_EQ(SizeOf(DType::kFloat64), 8);
  EXPECT_EQ(SizeOf(DType::kBool), 1);
  EXPECT_THAT(ParseDType("float"), StatusIs(kInvalidArgument, HasSubstr("f32 f64 i32 i64 u8 bool")));
  EXPECT_TRUE(IsFloat(DType::kFloat64));
  EXPECT_TRUE(IsInteger(DType::kUInt8));
  EXPECT_FALSE(IsInteger(DType::kBool));
  EXPECT_EQ(kDTypeOf<int64_t>, DType::kInt64);
}

TEST(Buffer, AlignedAndZero) {
  for (int64_t size : {0, 1, 63, 64, 65, 1000, 5000000}) {
    WEFT_ASSERT_OK_AND_ASSIGN(std::shared_ptr<Buffer> buffer, Buffer::Allocate(size));
    EXPECT_EQ(buffer->size(), size);
    EXPECT_EQ(reinterpret_cast<uintptr_t>(buffer->data()) % kAlignment, 0u);
    for (int64_t i = 0; i < RoundUp(size, kAlignment); ++i) ASSERT_EQ(buffer->data()[i], std::byte{0});
    std::memset(buffer->data(), 1, RoundUp(size, kAlignment));  // the capacity is really there
  }
}

TEST(Buffer, RefusesWhatIsNotToBeHad) {
  EXPECT_THAT(Buffer::Allocate(-1), StatusIs(kInvalidArgument));
  for (int64_t size : {int64_t{1} << 62, INT64_MAX - 200, INT64_MAX}) {
    EXPECT_THAT(Buffer::Allocate(size), StatusIs(absl::StatusCode::kResourceExhausted));
  }
}

TEST(Tensor, Create) {
  WEFT_ASSERT_OK_AND_ASSIGN(Tensor t, Tensor::Create(DType::kFloat32, {2, 3}));
  EXPECT_EQ(t.num_elements(), 6);
  EXPECT_EQ(t.num_bytes(), 24);
  EXPECT_THAT(t.data<float>(), ElementsAre(0, 0, 0, 0, 0, 0));
  EXPECT_THAT(Tensor::Create(DType::kFloat32, {-1}), StatusIs(kInvalidArgument));
  EXPECT_THAT(Tensor::Create(DType::kFloat32, {int64_t{1} << 32, int64_t{1} << 32}), StatusIs(kInvalidArgument));
  EXPECT_THAT(Tensor::Create(DType::kFloat32, Dims(17, 1)), StatusIs(kInvalidArgument));
  WEFT_ASSERT_OK_AND_ASSIGN(Tensor empty, Tensor::Create(DType::kInt64, {0, 5}));
  EXPECT_EQ(empty.num_bytes(), 0);
  EXPECT_EQ(Tensor().dims(), Dims({0}));
}

TEST(Tensor, FromVector) {
  WEFT_ASSERT_OK_AND_ASSIGN(Tensor t, Tensor::FromVector<int32_t>({1, 2, 3, 4, 5, 6}, {2, 3}));
  EXPECT_THAT(t.data<int32_t>(), ElementsAre(1, 2, 3, 4, 5, 6));
  EXPECT_EQ(t.AtInt(4), 5);
  EXPECT_EQ(t.AtDouble(4), 5.0);
  EXPECT_THAT(Tensor::FromVector<float>({1, 2}, {3}), StatusIs(kInvalidArgument, HasSubstr("f32[3] takes 12 bytes")));
  // Dims that would need more memory than there is are refused by the comparison with the bytes present.
  EXPECT_THAT(Tensor::FromVector<float>({1, 2}, {kMaxElements}), StatusIs(kInvalidArgument));
  EXPECT_THAT(Tensor::FromBytes(DType::kBool, {2}, "\1\2", 2), StatusIs(kInvalidArgument, HasSubstr("index 1 is 2")));
  EXPECT_THAT(Tensor::FromBytes(DType::kBool, {2}, "\1\0", 2), IsOk());
  EXPECT_THAT(Tensor::FromBytes(DType::kFloat32, {0}, nullptr, 0), IsOk());
}

TEST(Tensor, ScalarSaturates) {
  EXPECT_EQ(Tensor::Scalar(DType::kFloat32, 0.1).data<float>()[0], 0.1f);
  EXPECT_EQ(Tensor::Scalar(DType::kInt32, 1e10).AtInt(0), INT32_MAX);
  EXPECT_EQ(Tensor::Scalar(DType::kInt32, -1e10).AtInt(0), INT32_MIN);
  EXPECT_EQ(Tensor::Scalar(DType::kInt64, 9.3e18).AtInt(0), INT64_MAX);
  EXPECT_EQ(Tensor::Scalar(DType::kInt64, -1e300).AtInt(0), INT64_MIN);
  EXPECT_EQ(Tensor::Scalar(DType::kUInt8, -3).AtInt(0), 0);
  EXPECT_EQ(Tensor::Scalar(DType::kUInt8, 255.9).AtInt(0), 255);
  EXPECT_EQ(Tensor::Scalar(DType::kInt32, -2.9).AtInt(0), -2);
  EXPECT_EQ(Tensor::Scalar(DType::kInt32, std::nan("")).AtInt(0), 0);
  EXPECT_EQ(Tensor::Scalar(DType::kBool, 0.5).AtInt(0), 1);
  EXPECT_EQ(Tensor::ScalarInt(DType::kInt64, INT64_MAX).AtInt(0), INT64_MAX);
  EXPECT_EQ(Tensor::ScalarInt(DType::kUInt8, 1000).AtInt(0), 255);
  EXPECT_EQ(Tensor::ScalarInt(DType::kFloat64, -7).AtDouble(0), -7.0);
  EXPECT_EQ(Tensor::Scalar(DType::kFloat32, 3e9).AtInt(0), 3000000000);
  EXPECT_EQ(Tensor::Scalar(DType::kFloat32, 3).rank(), 0);
}

TEST(Tensor, SharingAndCopies) {
  WEFT_ASSERT_OK_AND_ASSIGN(Tensor t, Tensor::FromVector<float>({1, 2, 3, 4, 5, 6}, {3, 2}));
  WEFT_ASSERT_OK_AND_ASSIGN(Tensor reshaped, t.Reshaped({2, 3}));
  EXPECT_EQ(reshaped.raw(), t.raw());
  EXPECT_EQ(reshaped.dims(), Dims({2, 3}));
  EXPECT_THAT(t.Reshaped({7}), StatusIs(kInvalidArgument, HasSubstr("[3,2]")));
  WEFT_ASSERT_OK_AND_ASSIGN(Tensor rows, t.Rows(1, 3));
  EXPECT_THAT(rows.data<float>(), ElementsAre(3, 4, 5, 6));
  EXPECT_THAT(t.Rows(1, 1), IsOk());
  for (auto [begin, end] : {std::pair(-1, 2), {2, 1}, {0, 4}}) {
    EXPECT_THAT(t.Rows(begin, end), StatusIs(kInvalidArgument));
  }
  EXPECT_THAT(Tensor::Scalar(DType::kFloat32, 1).Rows(0, 0), StatusIs(kInvalidArgument));
  Tensor clone = t.Clone();
  EXPECT_TRUE(BitEqual(clone, t));
  clone.mutable_data<float>()[0] = 9;
  EXPECT_EQ(t.data<float>()[0], 1);
  EXPECT_FALSE(BitEqual(clone, t));
  EXPECT_FALSE(BitEqual(reshaped, t));
  EXPECT_TRUE(BitEqual(Tensor().Clone(), Tensor()));
}

TEST(Tensor, BitEqualSeesBits) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  WEFT_ASSERT_OK_AND_ASSIGN(Tensor a, Tensor::FromVector<float>({nan, 0.0f}, {2}));
  WEFT_ASSERT_OK_AND_ASSIGN(Tensor b, Tensor::FromVector<float>({nan, -0.0f}, {2}));
  EXPECT_TRUE(BitEqual(a, a.Clone()));
  EXPECT_FALSE(BitEqual(a, b));
}

TEST(Tensor, ToString) {
  WEFT_ASSERT_OK_AND_ASSIGN(Tensor t, Tensor::FromVector<float>({1, 2.5, -0.0f, 0.1f}, {2, 2}));
  EXPECT_EQ(t.ToString(), "f32[2,2] {{1, 2.5}, {-0, 0.1}}");
  EXPECT_EQ(Tensor::Scalar(DType::kBool, 1).ToString(), "bool[] true");
  EXPECT_EQ(Tensor::Scalar(DType::kFloat64, INFINITY).ToString(), "f64[] inf");
  EXPECT_EQ(Tensor().ToString(), "f32[0] {}");
  WEFT_ASSERT_OK_AND_ASSIGN(Tensor vector, Tensor::Create(DType::kUInt8, {1000}));
  EXPECT_EQ(vector.ToString(), "u8[1000] {0, 0, 0, ...}");
  WEFT_ASSERT_OK_AND_ASSIGN(Tensor deep, Tensor::Create(DType::kUInt8, Dims(16, 2)));
  EXPECT_LT(deep.ToString().size(), 1000u);
}

TEST(Layout, Names) {
  for (Layout layout : {Layout::kRowMajor, Layout::kPanels64}) {
    EXPECT_THAT(ParseLayout(Name(layout)), IsOkAndHolds(layout));
  }
  EXPECT_THAT(ParseLayout("nchw"), StatusIs(kInvalidArgument));
}

TEST(Layout, Sizes) {
  EXPECT_THAT(StorageElements({3, 65}, Layout::kPanels64), IsOkAndHolds(3 * 128));
  EXPECT_THAT(StorageElements({3, 65}, Layout::kRowMajor), IsOkAndHolds(3 * 65));
  EXPECT_THAT(StorageBytes(DType::kFloat32, {3, 5}, Layout::kRowMajor), IsOkAndHolds(64));
  EXPECT_THAT(StorageElements({0, 65}, Layout::kPanels64), IsOkAndHolds(0));
  EXPECT_THAT(StorageElements({65}, Layout::kPanels64), StatusIs(kInvalidArgument, HasSubstr("rank 2")));
  EXPECT_THAT(StorageElements({1, kMaxElements}, Layout::kPanels64), IsOk());
  EXPECT_THAT(StorageElements({kMaxElements, 1}, Layout::kPanels64), StatusIs(kInvalidArgument));
  EXPECT_THAT(StorageElements({-1, 1}, Layout::kPanels64), StatusIs(kInvalidArgument));
}

template <typename T>
void CheckPackUnpack(int64_t rows, int64_t columns, Layout layout) {
  const DType dtype = kDTypeOf<T>;
  SCOPED_TRACE(testing::Message() << Name(dtype) << " " << rows << "x" << columns << " " << Name(layout));
  Dims dims = {rows, columns};
  std::vector<T> logical(rows * columns), back(rows * columns + 1, T{77});
  for (size_t i = 0; i < logical.size(); ++i) logical[i] = static_cast<T>(i % 251 + 1);
  WEFT_ASSERT_OK_AND_ASSIGN(int64_t bytes, StorageBytes(dtype, dims, layout));
  std::vector<T> packed(bytes / sizeof(T) + 1, T{77});  // dirty, and one more as a guard
  PackLayout(dtype, dims, layout, logical.data(), packed.data());
  size_t found = 0;
  for (size_t i = 0; i + 1 < packed.size(); ++i) {
    int64_t r = 0, c = i;
    if (layout == Layout::kPanels64) {
      r = i / kPanelWidth % rows;
      c = i / kPanelWidth / rows * kPanelWidth + i % kPanelWidth;
    } else {
      r = i / columns;
      c = i % columns;
    }
    const bool inside = r < rows && c < columns;
    found += inside;
    ASSERT_EQ(packed[i], inside ? logical[r * columns + c] : T{0}) << i;
  }
  EXPECT_EQ(found, logical.size());
  EXPECT_EQ(packed.back(), T{77});
  UnpackLayout(dtype, dims, layout, packed.data(), back.data());
  EXPECT_EQ(back.back(), T{77});
  back.pop_back();
  EXPECT_EQ(back, logical);
}

TEST(Layout, PackAndUnpack) {
  for (Layout layout : {Layout::kRowMajor, Layout::kPanels64}) {
    for (int64_t rows : {1, 2, 7}) {
      for (int64_t columns : {1, 2, 63, 64, 65, 127, 128, 129, 300}) {
        CheckPackUnpack<float>(rows, columns, layout);
        CheckPackUnpack<uint8_t>(rows, columns, layout);
        CheckPackUnpack<double>(rows, columns, layout);
      }
    }
  }
  PackLayout(DType::kFloat32, {0, 5}, Layout::kPanels64, nullptr, nullptr);
  UnpackLayout(DType::kFloat32, {5, 0}, Layout::kPanels64, nullptr, nullptr);
  PackLayout(DType::kFloat32, {0}, Layout::kRowMajor, nullptr, nullptr);
}

}  // namespace
}  // namespace weft
