#include "graph/proto/safetensors.h"

#include <limits>
#include <random>

#include "core/testing/status_matchers.h"
#include "gmock/gmock.h"
#include "graph/text/testing/golden.h"
#include "graph/text/testing/peak_memory.h"
#include "gtest/gtest.h"

namespace weft {
namespace {

using ::testing::HasSubstr;

std::string File(const std::string& header, const std::string& data = "") {
  std::string file(8, '\0');
  for (int i = 0; i < 8; ++i) file[i] = static_cast<char>(header.size() >> (8 * i) & 0xff);
  return file + header + data;
}

std::vector<NamedTensor> Sample() {
  const std::vector<uint32_t> floats = {0x7fc00001, 0x80000000, 0x7f800000, 1, 0x3f800000, 0xff800001};
  return {
      {"w", *Tensor::FromBytes(DType::kFloat32, {2, 3}, floats.data(), 24)},
      {"d", *Tensor::FromVector<double>({-0.0, 1e-310}, {2, 1})},
      {"i/32", *Tensor::FromVector<int32_t>({-1, 2, 3}, {3})},
      {"step", Tensor::ScalarInt(DType::kInt64, std::numeric_limits<int64_t>::min())},
      {"u8 \"\xc3\xa9\\\n", *Tensor::FromVector<uint8_t>({0, 255, 7}, {1, 3, 1})},
      {"mask", *Tensor::FromVector<bool>({true, false, true}, {3})},
      {"empty", *Tensor::Create(DType::kInt64, {4, 0})},
      {"", *Tensor::Create(DType::kFloat32, {0})},
  };
}

TEST(SafetensorsTest, RoundTrip) {
  const std::vector<NamedTensor> sample = Sample();
  const absl::btree_map<std::string, std::string> metadata = {{"b", "2\t"}, {"a", ""}};
  WEFT_ASSERT_OK_AND_ASSIGN(const std::string file, WriteSafetensors(sample, metadata));
  WEFT_ASSERT_OK_AND_ASSIGN(const Safetensors read, ReadSafetensors(file));
  EXPECT_EQ(read.metadata, metadata);
  ASSERT_EQ(read.tensors.size(), sample.size());
  for (const auto& [name, tensor] : sample) {
    bool found = false;
    for (const auto& [other, contents] : read.tensors) found = found || (name == other && BitEqual(tensor, contents));
    EXPECT_TRUE(found) << name;
  }
  // Written again, also from another order, it is the same.
  WEFT_ASSERT_OK_AND_ASSIGN(const std::string again, WriteSafetensors(read.tensors, read.metadata));
  EXPECT_EQ(again, file);
  std::vector<NamedTensor> reversed(sample.rbegin(), sample.rend());
  WEFT_ASSERT_OK_AND_ASSIGN(const std::string other, WriteSafetensors(reversed, metadata));
  EXPECT_EQ(other, file);
  const std::string golden = GoldenFile("graph/proto/testdata/sample.safetensors", file);
  EXPECT_EQ(file, golden);
}

TEST(SafetensorsTest, TheBytes) {
  WEFT_ASSERT_OK_AND_ASSIGN(const Tensor b, Tensor::FromVector<uint8_t>({7}, {1}));
  WEFT_ASSERT_OK_AND_ASSIGN(const Tensor a, Tensor::FromVector<float>({1.0f}, {}));
  WEFT_ASSERT_OK_AND_ASSIGN(const std::string file, WriteSafetensors({{"b", b}, {"a", a}}));
  const std::string header =
      "{\"a\":{\"dtype\":\"F32\",\"shape\":[],\"data_offsets\":[0,4]},"
      "\"b\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[4,5]}}";
  EXPECT_EQ(header.size() % 8, 1u);
  EXPECT_EQ(file, File(header + "       ", std::string("\0\0\x80\x3f\x07", 5)));
  WEFT_ASSERT_OK_AND_ASSIGN(const std::string none, WriteSafetensors({}));
  EXPECT_EQ(none, File("{}      "));
  WEFT_ASSERT_OK_AND_ASSIGN(const SafetensorsHeader entries, ReadSafetensorsHeader(file));
  ASSERT_EQ(entries.entries.size(), 2u);
  EXPECT_EQ(entries.entries[1].name, "b");
  EXPECT_EQ(entries.entries[1].begin, static_cast<int64_t>(file.size()) - 1);
}

// Files of other writers: any order of keys and of tensors, blanks, no padding.
TEST(SafetensorsTest, OtherWriters) {
  const std::string header =
      "{ \"b\" : {\"data_offsets\":[4, 6], \"shape\": [2], \"dtype\":\"U8\"},\n"
      "\"__metadata__\":{\"format\":\"pt\"}, \"a\":{\"shape\":[1,1],\"dtype\":\"I32\",\"data_offsets\":[0,4]},"
      "\"e\":{\"shape\":[0],\"dtype\":\"I32\",\"data_offsets\":[4,4]}} ";
  WEFT_ASSERT_OK_AND_ASSIGN(const Safetensors read, ReadSafetensors(File(header, std::string("\1\0\0\0\2\3", 6))));
  ASSERT_EQ(read.tensors.size(), 3u);
  EXPECT_EQ(read.tensors[0].first, "a");
  EXPECT_EQ(read.tensors[0].second.data<int32_t>()[0], 1);
  EXPECT_EQ(read.tensors[1].first, "e");
  EXPECT_EQ(read.tensors[2].second.data<uint8_t>()[1], 3);
  EXPECT_EQ(read.metadata.at("format"), "pt");
}

TEST(SafetensorsTest, EveryClassOfErrors) {
  auto entry = [](const std::string& name, const std::string& dtype, const std::string& shape, const std::string& at) {
    return "\"" + name + "\":{\"dtype\":\"" + dtype + "\",\"shape\":[" + shape + "],\"data_offsets\":[" + at + "]}";
  };
  const std::string a = entry("a", "U8", "4", "0,4"), data = "abcd";
  struct Case {
    const char* error;
    std::string file;
  };
  const std::vector<Case> cases = {
      {"of 0 bytes, expected at least 8", ""},
      {"of 7 bytes, expected at least 8", std::string(7, '\0')},
      {"header of 100000001 bytes, expected at most 100000000", std::string("\x01\xe1\xf5\x05\0\0\0\0", 8)},
      {"header of 18446744073709551615 bytes", std::string(8, '\xff') + "{}"},
      {"header of 3 bytes in a file of 10 bytes", File("{}").replace(0, 1, "\3")},
      {"does not begin with {", File("")},
      {"does not begin with {", File(" {}")},
      {"does not begin with {", File("[]")},
      {"does not begin with {", File("\xef\xbb\xbf{}")},
      {"no JSON", File("{")},
      {"no JSON", File("{}}")},
      {"no JSON", File("{} x")},
      {"holds a zero byte", File(std::string("{}\0", 3))},
      {"no JSON", File("{\"a\":{\"shape\":[")},
      {"no JSON", File("{\"a\xff\":{}}")},
      {"no JSON", File("{\"__metadata__\":{}/**/}")},
      {"the name 'a' twice", File("{" + a + "," + a + "}", data)},
      {"the name '__metadata__' twice", File("{\"__metadata__\":{},\"__metadata__\":{}}")},
      {"the key 'k' twice", File("{\"__metadata__\":{\"k\":\"1\",\"k\":\"1\"}}")},
      {"the key 'dtype' twice is out of place in tensor 'a'", File("{\"a\":{\"dtype\":\"F32\",\"dtype\":\"F32\"}}")},
      {"the key 'stride'", File("{\"a\":{\"stride\":1}}")},
      {"a number", File("{\"__metadata__\":{\"k\":1}}")},
      {"an object", File("{\"__metadata__\":{\"k\":{}}}")},
      {"an array", File("{\"__metadata__\":[]}")},
      {"a string", File("{\"a\":\"b\"}")},
      {"null", File("{\"a\":null}")},
      {"true or false", File("{\"a\":{\"dtype\":true}}")},
      {"a number is", File("{\"a\":{\"dtype\":1}}")},
      {"unknown dtype 'f32'", File("{" + entry("a", "f32", "1", "0,4") + "}", data)},
      {"lacks dtype, shape or data_offsets", File("{\"a\":{\"dtype\":\"F32\",\"shape\":[]}}")},
      {"an array is out of place", File("{\"a\":{\"shape\":[[1]]}}")},
      {"a negative number", File("{" + entry("a", "U8", "-4", "0,4") + "}", data)},
      {"no integer of 64 bits", File("{" + entry("a", "U8", "4.0", "0,4") + "}", data)},
      {"no integer of 64 bits", File("{" + entry("a", "U8", "18446744073709551616", "0,4") + "}", data)},
      {"a huge dim", File("{" + entry("a", "U8", "18446744073709551615", "0,4") + "}", data)},
      {"tensor 'a'", File("{" + entry("a", "U8", "1099511627776,1099511627776", "0,4") + "}", data)},
      {"a rank past 16", File("{" + entry("a", "U8", "1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1", "0,1") + "}", "a")},
      {"a huge offset", File("{" + entry("a", "U8", "4", "0,9223372036854775808") + "}", data)},
      {"a third offset", File("{" + entry("a", "U8", "4", "0,4,4") + "}", data)},
      {"data_offsets that are not two", File("{" + entry("a", "U8", "4", "0") + "}", data)},
      {"its end is before its begin", File("{" + entry("a", "U8", "4", "4,0") + "}", data)},
      {"has only 3 bytes of data: it is truncated", File("{" + a + "}", "abc")},
      {"expected 8 bytes for f32[2]", File("{" + entry("a", "F32", "2", "0,4") + "}", data)},
      {"expected 0 bytes for u8[0,4]", File("{" + entry("a", "U8", "0,4", "0,4") + "}", data)},
      {"it overlaps the one before", File("{" + a + "," + entry("b", "U8", "2", "2,4") + "}", data)},
      {"it overlaps the one before", File("{" + a + "," + entry("b", "U8", "4", "0,4") + "}", data)},
      {"bytes of no tensor lie before it", File("{" + a + "," + entry("b", "U8", "1", "5,6") + "}", "abcdef")},
      {"begins at byte 1, expected 0", File("{" + entry("a", "U8", "3", "1,4") + "}", data)},
      {"1 bytes behind the last tensor", File("{" + a + "}", "abcde")},
      {"3 bytes behind the last tensor", File("{}", "abc")},
      {"tensor 'a'", File("{" + entry("a", "BOOL", "4", "0,4") + "}", std::string("\0\1\2\0", 4))},
  };
  for (const Case& c : cases) {
    EXPECT_THAT(ReadSafetensors(c.file), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr(c.error)))
        << c.file.substr(0, 200);
  }
  EXPECT_THAT(ReadSafetensors(File("{" + entry("a", "BF16", "2", "0,4") + "}", data)),
              StatusIs(absl::StatusCode::kUnimplemented, HasSubstr("tensor 'a' has dtype BF16")));
}

TEST(SafetensorsTest, WhatCannotBeWritten) {
  const Tensor t = Tensor::Scalar(DType::kFloat32, 1), u = Tensor::Scalar(DType::kUInt8, 1);
  EXPECT_THAT(WriteSafetensors({{"a", t}, {"a", u}}), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("twice")));
  EXPECT_THAT(WriteSafetensors({{"\xff", t}}), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("not UTF-8")));
  EXPECT_THAT(WriteSafetensors({{"a", t}}, {{"k", "\x80"}}),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("not UTF-8")));
  EXPECT_THAT(WriteSafetensors({{"__metadata__", t}}), StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(WriteSafetensors({{"a", t}}, {{"k", std::string(kMaxSafetensorsHeader, 'x')}}),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("expected at most 100000000")));
}

TEST(SafetensorsTest, TruncatedAndChangedFiles) {
  WEFT_ASSERT_OK_AND_ASSIGN(const std::string file, WriteSafetensors(Sample(), {{"k", "v"}}));
  for (size_t length = 0; length < file.size(); ++length) {
    ASSERT_FALSE(ReadSafetensors(absl::string_view(file).substr(0, length)).ok()) << length;
  }
  std::mt19937 random(1);
  for (size_t at = 0; at < file.size(); ++at) {
    for (int i = 0; i < 24; ++i) {
      std::string changed = file;
      changed[at] = static_cast<char>(i < 8 ? changed[at] ^ (1 << i) : random());
      const absl::StatusOr<Safetensors> read = ReadSafetensors(changed);
      if (read.ok()) {
        WEFT_EXPECT_OK(WriteSafetensors(read->tensors, read->metadata));
      }
    }
  }
}

TEST(SafetensorsTest, BombsCostNoMemory) {
  std::string many = "{", deep = "{\"a\":", nested = "{\"a\":{\"shape\":";
  for (int i = 0; i < 50000; ++i) {
    many += (i > 0 ? ",\"" : "\"") + std::to_string(i) + "\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]}";
    deep += "{\"a\":";
    nested += "[";
  }
  for (const std::string& header : {many, deep, nested, "{\"" + std::string(3000000, 'x')}) {
    const std::string file = File(header);
    EXPECT_FALSE(ReadSafetensors(file).ok());
    const int64_t growth = PeakMemoryGrowth([&] { ReadSafetensors(file).status().IgnoreError(); });
    EXPECT_GE(growth, 0);
    EXPECT_LE(growth, static_cast<int64_t>(16 * file.size()) + (16 << 20));
  }
  WEFT_EXPECT_OK(ReadSafetensors(File(many + "}")));
}

}  // namespace
}  // namespace weft
