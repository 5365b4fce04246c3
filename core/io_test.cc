#include "core/io.h"

#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/testing/io_fault.h"
#include "core/testing/status_matchers.h"

namespace weft {
namespace {

using ::testing::AnyOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr int64_t kMega = 1 << 20;

class Io : public testing::Test {
 protected:
  void SetUp() override {
    directory_ = absl::StrCat(testing::TempDir(), "/io_XXXXXX");
    ASSERT_NE(mkdtemp(directory_.data()), nullptr);
  }
  void TearDown() override {
    SetIoFaultForTesting(nullptr);
    std::filesystem::remove_all(directory_);
  }
  std::string Path(absl::string_view name) const { return absl::StrCat(directory_, "/", name); }
  std::vector<std::string> Files() const {
    std::vector<std::string> files;
    DIR* directory = opendir(directory_.c_str());
    while (dirent* entry = readdir(directory)) {
      if (entry->d_name[0] != '.') files.push_back(entry->d_name);
    }
    closedir(directory);
    return files;
  }

  std::string directory_;
};

TEST_F(Io, WriteAndRead) {
  for (size_t size : {size_t{0}, size_t{1}, size_t{4095}, size_t{4096}, size_t{3000001}}) {
    std::string contents(size, 'x');
    if (size > 1) contents[size / 2] = '\0';
    WEFT_ASSERT_OK(WriteFileAtomically(Path("file"), contents));
    EXPECT_THAT(ReadFile(Path("file"), 4 * kMega), IsOkAndHolds(contents));
    EXPECT_THAT(ReadFile(Path("file"), size), IsOkAndHolds(contents));
    if (size > 0) {
      EXPECT_THAT(ReadFile(Path("file"), size - 1),
                  StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("larger than")));
    }
  }
  EXPECT_THAT(Files(), ElementsAre("file"));
}

TEST_F(Io, ReadsFilesThatDoNotSayTheirSize) {
  WEFT_ASSERT_OK_AND_ASSIGN(std::string status, ReadFile("/proc/self/status", kMega));
  EXPECT_THAT(status, HasSubstr("Threads:"));
  EXPECT_THAT(ReadFile("/proc/self/status", 10), StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(ReadFile("/dev/zero", kMega), StatusIs(absl::StatusCode::kInvalidArgument));  // endless
}

TEST_F(Io, ErrorsNameThePath) {
  EXPECT_THAT(ReadFile(Path("none"), 10), StatusIs(absl::StatusCode::kNotFound, HasSubstr(Path("none"))));
  EXPECT_THAT(ReadFile(directory_, 10), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("directory")));
  EXPECT_THAT(WriteFileAtomically(Path("no/file"), "x"),
              StatusIs(absl::StatusCode::kNotFound, HasSubstr(Path("no/file"))));
  ASSERT_EQ(mkdir(Path("directory").c_str(), 0777), 0);
  EXPECT_FALSE(WriteFileAtomically(Path("directory"), "x").ok());  // the rename fails
  EXPECT_THAT(Files(), ElementsAre("directory"));                  // and the temporary is gone
}

TEST_F(Io, KeepsTheModeOfTheOldFile) {
  WEFT_ASSERT_OK(WriteFileAtomically(Path("secret"), "old"));
  ASSERT_EQ(chmod(Path("secret").c_str(), 0600), 0);
  WEFT_ASSERT_OK(WriteFileAtomically(Path("secret"), "new"));
  struct stat info;
  ASSERT_EQ(stat(Path("secret").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 07777, 0600u);
}

TEST_F(Io, PathWithoutDirectory) {
  char* old = getcwd(nullptr, 0);
  ASSERT_EQ(chdir(directory_.c_str()), 0);
  WEFT_EXPECT_OK(WriteFileAtomically("plain", "x"));
  ASSERT_EQ(chdir(old), 0);
  free(old);
  EXPECT_THAT(Files(), ElementsAre("plain"));
}

TEST_F(Io, CrashAtAnyPointLeavesOldOrNew) {
  const std::string before(1000, 'o'), after(2000, 'n');
  std::vector<std::string> points;
  SetIoFaultForTesting([&](absl::string_view point) {
    points.emplace_back(point);
    return false;
  });
  WEFT_ASSERT_OK(WriteFileAtomically(Path("probe"), "x"));
  EXPECT_THAT(points, ElementsAre("create", "write", "write_rest", "sync", "rename", "sync_directory", "return"));

  bool renamed = false;
  for (const std::string& crash : points) {
    SetIoFaultForTesting(nullptr);
    const std::string path = Path(crash);
    WEFT_ASSERT_OK(WriteFileAtomically(path, before));
    SetIoFaultForTesting([&](absl::string_view point) { return point == crash; });
    EXPECT_THAT(WriteFileAtomically(path, after), StatusIs(absl::StatusCode::kAborted, HasSubstr(crash)));
    if (crash == "sync_directory") renamed = true;
    EXPECT_THAT(ReadFile(path, kMega), IsOkAndHolds(renamed ? after : before)) << crash;
    // The next write succeeds in spite of what the crash left.
    SetIoFaultForTesting(nullptr);
    WEFT_ASSERT_OK(WriteFileAtomically(path, after));
    EXPECT_THAT(ReadFile(path, kMega), IsOkAndHolds(after)) << crash;
  }
}

TEST_F(Io, ConcurrentWritersAndReaders) {
  const std::string a(100000, 'a'), b(100000, 'b');
  WEFT_ASSERT_OK(WriteFileAtomically(Path("file"), a));
  std::vector<std::thread> threads;
  for (const std::string* contents : {&a, &b}) {
    threads.emplace_back([&, contents] {
      for (int i = 0; i < 20; ++i) WEFT_EXPECT_OK(WriteFileAtomically(Path("file"), *contents));
    });
    threads.emplace_back([&] {
      for (int i = 0; i < 100; ++i) EXPECT_THAT(ReadFile(Path("file"), kMega), AnyOf(IsOkAndHolds(a), IsOkAndHolds(b)));
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_THAT(Files(), ElementsAre("file"));
}

}  // namespace
}  // namespace weft
