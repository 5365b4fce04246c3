#include "graph/proto/zip.h"

#include <zip.h>

#include "core/testing/status_matchers.h"
#include "gmock/gmock.h"
#include "graph/text/testing/peak_memory.h"
#include "gtest/gtest.h"

namespace weft {
namespace {

using ::testing::HasSubstr;

// Through libzip itself, with whatever compression.
std::string ArchiveOf(const std::vector<std::pair<std::string, std::string>>& entries, int method) {
  zip_source_t* target = zip_source_buffer_create(nullptr, 0, 0, nullptr);
  zip_source_keep(target);
  zip_t* archive = zip_open_from_source(target, ZIP_TRUNCATE, nullptr);
  for (const auto& [name, contents] : entries) {
    zip_source_t* source = zip_source_buffer(archive, contents.data(), contents.size(), 0);
    const auto index = zip_file_add(archive, name.c_str(), source, 0);
    zip_set_file_compression(archive, index, method, 0);
  }
  zip_close(archive);
  zip_source_open(target);
  zip_stat_t info;
  zip_source_stat(target, &info);
  std::string bytes(info.size, '\0');
  zip_source_read(target, bytes.data(), bytes.size());
  zip_source_close(target);
  zip_source_free(target);
  return bytes;
}

void Put(std::string* bytes, size_t at, uint64_t value, int size) {
  for (int i = 0; i < size; ++i) (*bytes)[at + i] = static_cast<char>(value >> (8 * i) & 0xff);
}

TEST(ZipTest, RoundTrip) {
  const std::string large(100000, 'x');
  WEFT_ASSERT_OK_AND_ASSIGN(const std::string bytes, WriteZip({{"a", "alpha"}, {"empty", ""}, {"large", large}}));
  EXPECT_GT(bytes.size(), large.size());  // stored
  WEFT_ASSERT_OK_AND_ASSIGN(const ZipReader zip, ZipReader::Open(bytes));
  EXPECT_THAT(zip.Read("a", 100), IsOkAndHolds(std::string("alpha")));
  EXPECT_THAT(zip.Read("empty", 0), IsOkAndHolds(std::string()));
  EXPECT_THAT(zip.Read("large", 100000), IsOkAndHolds(large));
  EXPECT_THAT(zip.Read("large", 99999), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("at most 99999")));
  EXPECT_THAT(zip.Read("b", 100), StatusIs(absl::StatusCode::kNotFound));
  EXPECT_FALSE(ZipReader::Open("").ok());
  EXPECT_FALSE(ZipReader::Open("PK").ok());
}

TEST(ZipTest, CompressedEntriesAreRefused) {
  const std::string bomb = ArchiveOf({{"a", std::string(10 << 20, '\0')}}, ZIP_CM_DEFLATE);
  EXPECT_LT(bomb.size(), 100000u);
  WEFT_ASSERT_OK_AND_ASSIGN(const ZipReader zip, ZipReader::Open(bomb));
  EXPECT_THAT(zip.Read("a", 1 << 30), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("is compressed")));
  EXPECT_LT(PeakMemoryGrowth([&] { ZipReader::Open(bomb)->Read("a", 1 << 30).status().IgnoreError(); }), 4 << 20);
}

TEST(ZipTest, SizesThatLie) {
  WEFT_ASSERT_OK_AND_ASSIGN(const std::string good, WriteZip({{"a", "alpha"}}));
  const size_t local = 0, central = good.find("PK\1\2"), end = good.find("PK\5\6");
  ASSERT_NE(central, std::string::npos);
  ASSERT_NE(end, std::string::npos);
  std::string bad = good;
  for (uint64_t size :
       {uint64_t{6}, uint64_t{1000}, uint64_t{0x7fffffff}, uint64_t{0xfffffffe}, uint64_t{0xffffffff}}) {
    for (int which = 1; which < 4; ++which) {  // compressed, uncompressed, both
      bad = good;
      for (int field = 0; field < 2; ++field) {
        if ((which >> field & 1) == 0) continue;
        Put(&bad, local + 18 + 4 * field, size, 4);
        Put(&bad, central + 20 + 4 * field, size, 4);
      }
      const absl::StatusOr<ZipReader> zip = ZipReader::Open(bad);
      EXPECT_FALSE(zip.ok() && zip->Read("a", 1 << 30).ok()) << size;
      const int64_t growth = PeakMemoryGrowth([&] {
        const absl::StatusOr<ZipReader> reader = ZipReader::Open(bad);
        if (reader.ok()) reader->Read("a", 1 << 30).status().IgnoreError();
      });
      EXPECT_GE(growth, 0);
      EXPECT_LT(growth, 8 << 20) << size;
    }
  }
  // The number of entries, in the end record: this one's and all disks'.
  for (uint64_t count : {0, 2, 65534, 65535}) {
    bad = good;
    Put(&bad, end + 8, count, 2);
    Put(&bad, end + 10, count, 2);
    EXPECT_LT(PeakMemoryGrowth([&] { ZipReader::Open(bad).status().IgnoreError(); }), 16 << 20);
  }
}

// The zip64 record can claim 2^64 entries.
TEST(ZipTest, Zip64CountsThatLie) {
  WEFT_ASSERT_OK_AND_ASSIGN(const std::string good, WriteZip({{"a", "alpha"}}));
  const size_t central = good.find("PK\1\2"), end = good.find("PK\5\6");
  for (uint64_t count :
       {uint64_t{2}, uint64_t{1} << 20, uint64_t{1} << 28, uint64_t{1} << 32, uint64_t{1} << 40, ~uint64_t{0}}) {
    for (uint64_t directory_size : {uint64_t{end - central}, uint64_t{1} << 40}) {
      std::string record(56, '\0'), locator(20, '\0'), tail = good.substr(end);
      record.replace(0, 4, "PK\6\6");
      Put(&record, 4, 44, 8);
      Put(&record, 24, count, 8);
      Put(&record, 32, count, 8);
      Put(&record, 40, directory_size, 8);
      Put(&record, 48, central, 8);
      locator.replace(0, 4, "PK\6\7");
      Put(&locator, 8, end, 8);
      Put(&locator, 16, 1, 4);
      Put(&tail, 8, 0xffff, 2);
      Put(&tail, 10, 0xffff, 2);
      Put(&tail, 12, 0xffffffff, 4);
      Put(&tail, 16, 0xffffffff, 4);
      const std::string bad = good.substr(0, end) + record + locator + tail;
      EXPECT_FALSE(ZipReader::Open(bad).ok());
      const int64_t growth = PeakMemoryGrowth([&] { ZipReader::Open(bad).status().IgnoreError(); });
      EXPECT_GE(growth, 0);
      EXPECT_LT(growth, 16 << 20) << count;
    }
  }
}

TEST(ZipTest, EntriesTwiceOrTooMany) {
  std::string twice = *WriteZip({{"a", "alpha"}, {"b", "beta"}});
  for (size_t at = twice.find('b'); at != std::string::npos; at = twice.find('b', at + 1)) {
    if (twice.compare(at, 4, "beta") != 0) twice[at] = 'a';
  }
  EXPECT_FALSE(ZipReader::Open(twice).ok());
  std::vector<std::pair<std::string, absl::string_view>> entries;
  for (int64_t i = 0; i <= ZipReader::kMaxEntries; ++i) entries.emplace_back(std::to_string(i), "");
  WEFT_ASSERT_OK_AND_ASSIGN(const std::string many, WriteZip(entries));
  EXPECT_THAT(ZipReader::Open(many), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("1025 entries")));
}

}  // namespace
}  // namespace weft
