#include <zlib.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "absl/strings/str_cat.h"
#include "core/testing/status_matchers.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "models/data/csv.h"
#include "models/data/digits.h"
#include "models/data/gzip.h"
#include "models/data/idx.h"
#include "models/data/mnist.h"
#include "models/data/shuffle.h"
#include "models/data/to_categorical.h"

namespace weft {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string Big(uint32_t v) {
  return {static_cast<char>(v >> 24), static_cast<char>(v >> 16), static_cast<char>(v >> 8), static_cast<char>(v)};
}
std::string Images(int n) { return Big(0x803) + Big(n) + Big(28) + Big(28) + std::string(n * 784, '\x07'); }
std::string Labels(int n, char label = 3) { return Big(0x801) + Big(n) + std::string(n, label); }

std::string Gzip(const std::string& bytes) {
  z_stream stream = {};
  EXPECT_EQ(deflateInit2(&stream, 6, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY), Z_OK);
  std::string out(bytes.size() + 1024, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
  out.resize(out.size() - stream.avail_out);
  deflateEnd(&stream);
  return out;
}

class Folder {
 public:
  Folder() : path_(absl::StrCat(::testing::TempDir(), "/data_", counter_++)) {
    std::filesystem::remove_all(path_);
    std::filesystem::create_directories(path_);
  }
  const std::string& path() const { return path_; }
  void Write(const std::string& name, const std::string& bytes) const {
    std::ofstream(path_ + "/" + name, std::ios::binary) << bytes;
  }

 private:
  static inline int counter_ = 0;
  std::string path_;
};

void WriteMnist(const Folder& folder) {
  folder.Write("train-images-idx3-ubyte.gz", Gzip(Images(5)));
  folder.Write("train-labels-idx1-ubyte.gz", Gzip(Labels(5)));
  folder.Write("t10k-images-idx3-ubyte", Images(2));
  folder.Write("t10k-labels-idx1-ubyte", Labels(2));
}

TEST(Shuffle, IsAPermutationOfSeedAndEpochAlone) {
  std::vector<int64_t> a = ShuffledOrder(1000, 1, 0), sorted = a;
  EXPECT_EQ(a, ShuffledOrder(1000, 1, 0));
  EXPECT_NE(a, ShuffledOrder(1000, 1, 1));
  EXPECT_NE(a, ShuffledOrder(1000, 2, 0));
  std::sort(sorted.begin(), sorted.end());
  for (int64_t i = 0; i < 1000; ++i) ASSERT_EQ(sorted[i], i);
  EXPECT_TRUE(ShuffledOrder(0, 1, 0).empty());
}

TEST(ToCategorical, MakesOneHotRows) {
  WEFT_ASSERT_OK_AND_ASSIGN(Tensor labels, Tensor::FromVector<uint8_t>({2, 0}, {2}));
  WEFT_ASSERT_OK_AND_ASSIGN(Tensor hot, ToCategorical(labels));
  EXPECT_EQ(hot.dims(), Dims({2, 3}));
  EXPECT_THAT(hot.data<float>(), ElementsAre(0, 0, 1, 1, 0, 0));
  EXPECT_THAT(ToCategorical(labels, 2),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("label 2 does not fit 2")));
  WEFT_ASSERT_OK_AND_ASSIGN(Tensor odd, Tensor::FromVector<float>({0.5f}, {1}));
  EXPECT_THAT(ToCategorical(odd), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("not a class index")));
}

TEST(Gzip, RefusesWhatIsTruncatedDamagedOrFollowedByMore) {
  std::string packed = Gzip(Images(3));
  EXPECT_THAT(Gunzip(packed, "f"), IsOkAndHolds(Images(3)));
  for (size_t n : {size_t{2}, size_t{12}, packed.size() / 2, packed.size() - 1}) {
    EXPECT_THAT(Gunzip(absl::string_view(packed).substr(0, n), "f"),
                StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("f: ")));
  }
  EXPECT_THAT(Gunzip(packed + "x", "f"), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("behind the end")));
  std::string damaged = packed;
  damaged[packed.size() - 6] ^= 1;  // the checksum
  EXPECT_THAT(Gunzip(damaged, "f"), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("damaged")));
  EXPECT_THAT(Gunzip(Gzip(std::string(5 << 20, 'x')), "f", 1 << 20),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("larger than")));
}

TEST(Idx, ReadsWhatItShouldAndNamesWhatIsWrong) {
  WEFT_ASSERT_OK_AND_ASSIGN(Tensor images, ParseIdxImages(Images(2), "f"));
  EXPECT_EQ(images.dims(), Dims({2, 28, 28}));
  EXPECT_THAT(ParseIdxImages(Labels(2), "f"),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("expected magic 0x00000803")));
  EXPECT_THAT(ParseIdxImages("ab", "f"), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("16 bytes")));
  EXPECT_THAT(ParseIdxImages(Images(2) + "x", "f"),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("there are 1569")));
  EXPECT_THAT(ParseIdxLabels(Labels(2, 10), "f"),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("label 10 of sample 0")));
  std::string huge = Big(0x803) + Big(0xffffffff) + Big(0xffffffff) + Big(0xffffffff);
  EXPECT_THAT(ParseIdxImages(huge, "f"), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("f: dims")));
}

TEST(Csv, ReadsTablesWithAndWithoutHeader) {
  WEFT_ASSERT_OK_AND_ASSIGN(CsvTable table, ParseCsv("a,\"b\"\r\n1,2.5\r\n\r\n-3,4e1\r\n", "f"));
  EXPECT_THAT(table.header, ElementsAre("a", "b"));
  EXPECT_THAT(table.values.data<float>(), ElementsAre(1, 2.5f, -3, 40));
  WEFT_ASSERT_OK_AND_ASSIGN(table, ParseCsv("1 2\n3 4", "f", {.separator = ' '}));
  EXPECT_TRUE(table.header.empty());
  EXPECT_EQ(table.values.dims(), Dims({2, 2}));
}

TEST(Csv, AByteOrderMarkDoesNotMakeTheFirstRowAHeader) {
  WEFT_ASSERT_OK_AND_ASSIGN(CsvTable table, ParseCsv("\xEF\xBB\xBF"
                                                     "1,2\n3,4\n",
                                                     "f"));
  EXPECT_TRUE(table.header.empty());
  EXPECT_THAT(table.values.data<float>(), ElementsAre(1, 2, 3, 4));
}

TEST(Csv, ADamagedFirstRowIsNotTakenForAHeader) {
  EXPECT_THAT(ParseCsv("7,0,0,x,0\n1,2,3,4,5\n", "f"),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("line 1: 'x' is not a number")));
  WEFT_ASSERT_OK_AND_ASSIGN(CsvTable table, ParseCsv("label,0,1,2\n1,2,3,4\n", "f"));  // names that are numbers
  EXPECT_THAT(table.header, ElementsAre("label", "0", "1", "2"));
}

TEST(Csv, ABadFieldIsShownPrintable) {
  EXPECT_THAT(ParseCsv(absl::string_view("1,2\n1\0,2\n", 9), "f"),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("line 2: '1\\x00' is not a number")));
}

TEST(Csv, NamesTheLineThatIsWrong) {
  EXPECT_THAT(ParseCsv("1,2,3\n4,5\n", "f.csv"),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("f.csv, line 2: 2 fields, expected 3")));
  EXPECT_THAT(ParseCsv("1,2\n3,x\n", "f"),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("line 2: 'x' is not a number")));
  EXPECT_THAT(ParseCsv("a,b\n", "f"), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("no rows")));
  EXPECT_THAT(ParseCsv("", "f"), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("no rows")));
  WEFT_ASSERT_OK_AND_ASSIGN(CsvTable table, ParseCsv("3,0,255\n11,1,2\n", "f"));
  EXPECT_THAT(SplitLabelledImages(table, "f"),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("sample 1: label 11")));
}

TEST(MnistData, ReadsAFolderOfIdxFiles) {
  Folder folder;
  WriteMnist(folder);
  WEFT_ASSERT_OK_AND_ASSIGN(Mnist data, LoadMnist({.data_dir = folder.path()}));
  EXPECT_EQ(data.source, "mnist");
  EXPECT_EQ(data.train_images.dims(), Dims({5, 28, 28}));
  EXPECT_EQ(data.test_labels.data<uint8_t>()[1], 3);
}

TEST(MnistData, RefusesAWrongFileByName) {
  struct Fault {
    std::string file, bytes, message;
  };
  std::string packed = Gzip(Images(5));
  for (const Fault& fault : std::vector<Fault>{
           {"train-images-idx3-ubyte.gz", packed.substr(0, packed.size() / 2), "truncated"},
           {"train-images-idx3-ubyte.gz", Gzip(Labels(5)), "magic"},
           {"train-images-idx3-ubyte.gz", Gzip(Images(4)), "4 images and 5 labels"},
           {"train-labels-idx1-ubyte.gz", Gzip(Labels(5, 12)), "label 12"},
       }) {
    Folder folder;
    WriteMnist(folder);
    folder.Write(fault.file, fault.bytes);
    EXPECT_THAT(LoadMnist({.data_dir = folder.path()}),
                StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr(fault.message)));
  }
  Folder folder;
  WriteMnist(folder);
  std::filesystem::remove(folder.path() + "/t10k-labels-idx1-ubyte");
  EXPECT_THAT(LoadMnist({.data_dir = folder.path()}),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("t10k-labels-idx1-ubyte(.gz) is missing")));
}

TEST(MnistData, AGivenFolderWithoutItIsAnError) {
  Folder folder;
  EXPECT_THAT(LoadMnist({.data_dir = folder.path()}),
              StatusIs(absl::StatusCode::kNotFound, HasSubstr("there is no MNIST")));
}

TEST(MnistData, DrawsDigitsWhereThereIsNothingElse) {
  Folder folder;
  std::string said;
  unsetenv("WEFT_DATA_DIR");
  WEFT_ASSERT_OK_AND_ASSIGN(
      Mnist data,
      LoadMnist({.cache_dir = folder.path(), .allow_download = false, .notice = [&](absl::string_view text) {
                   absl::StrAppend(&said, text, "\n");
                 }}));
  EXPECT_EQ(data.source, "embedded");
  EXPECT_EQ(data.train_images.dims(), Dims({60000, 28, 28}));
  EXPECT_THAT(said, HasSubstr("draws itself"));
}

TEST(Digits, AreDeterministicAndOfAllClasses) {
  WEFT_ASSERT_OK_AND_ASSIGN(Digits a, DrawDigits(500, 3));
  WEFT_ASSERT_OK_AND_ASSIGN(Digits b, DrawDigits(100, 3));
  WEFT_ASSERT_OK_AND_ASSIGN(Tensor first, a.images.Rows(0, 100));
  EXPECT_TRUE(BitEqual(first, b.images));
  int count[10] = {};
  for (uint8_t label : a.labels.data<uint8_t>()) ++count[label];
  for (int n : count) EXPECT_GT(n, 20);
}

}  // namespace
}  // namespace weft
