#include "graph/proto/saved_module.h"

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <thread>

#include "absl/strings/match.h"
#include "core/io.h"
#include "core/testing/io_fault.h"
#include "core/testing/status_matchers.h"
#include "gmock/gmock.h"
#include "graph/proto/graph.pb.h"
#include "graph/proto/module_file.h"
#include "graph/proto/testing/saved_sample.h"
#include "graph/proto/zip.h"
#include "graph/text/testing/golden.h"
#include "graph/text/testing/peak_memory.h"
#include "graph/text/testing/test_ops.h"
#include "graph/text/text.h"
#include "gtest/gtest.h"

namespace weft {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

class SavedModuleTest : public ::testing::Test {
 protected:
  ~SavedModuleTest() override { SetIoFaultForTesting(nullptr); }

  const Module module_ = TestModule();
  const std::vector<NamedTensor> first_ = Contents(module_, 1), second_ = Contents(module_, 2);

  static bool Same(const std::vector<NamedTensor>& a, const std::vector<NamedTensor>& b) {
    if (a.size() != b.size()) return false;
    for (size_t i = 0; i < a.size(); ++i) {
      if (a[i].first != b[i].first || !BitEqual(a[i].second, b[i].second)) return false;
    }
    return true;
  }

  void ExpectLoads(const absl::StatusOr<LoadedModule>& loaded, const std::vector<NamedTensor>& contents) {
    ASSERT_THAT(loaded, IsOk());
    EXPECT_EQ(ToText(*loaded->module), ToText(module_));
    EXPECT_TRUE(Same(loaded->variables, contents));
  }
};

TEST_F(SavedModuleTest, DirectorySaveLoadSaveGivesEqualBytes) {
  const std::string root = NewDirectory();
  WEFT_ASSERT_OK(SaveModule(root + "/a", module_, first_));
  const absl::StatusOr<LoadedModule> loaded = LoadModule(root + "/a", TestOps());
  ExpectLoads(loaded, first_);
  WEFT_ASSERT_OK(SaveModule(root + "/b/", *loaded->module, loaded->variables));
  const auto files = FilesIn(root + "/a");
  EXPECT_EQ(files.size(), 2u);
  EXPECT_EQ(FilesIn(root + "/b"), files);
  // The order in which the contents are given does not matter.
  WEFT_ASSERT_OK(SaveModule(root + "/c", module_, std::vector<NamedTensor>(first_.rbegin(), first_.rend())));
  EXPECT_EQ(FilesIn(root + "/c"), files);
  ExpectLoads(LoadModule(root + "/a/module.weft", TestOps()), first_);
  ExpectLoads(LoadModule(root + "/a/", TestOps()), first_);
}

TEST_F(SavedModuleTest, SingleFileSaveLoadSaveGivesEqualBytes) {
  const std::string root = NewDirectory();
  for (const std::string& path : {root + "/m.zip", root + "/m.weftz"}) {
    WEFT_ASSERT_OK(SaveModule(path, module_, first_));
    const absl::StatusOr<LoadedModule> loaded = LoadModule(path, TestOps());
    ExpectLoads(loaded, first_);
    WEFT_ASSERT_OK_AND_ASSIGN(const std::string bytes, SaveModuleToBytes(*loaded->module, loaded->variables));
    WEFT_ASSERT_OK_AND_ASSIGN(const std::string file, ReadFile(path, 1 << 20));
    EXPECT_EQ(bytes, file);
    ExpectLoads(LoadModuleFromBytes(bytes, TestOps()), first_);
  }
  // The time zone shows nowhere.
  WEFT_ASSERT_OK_AND_ASSIGN(const std::string here, SaveModuleToBytes(module_, first_));
  const char* zone = std::getenv("TZ");
  for (const char* other : {"UTC", "America/New_York", "Pacific/Apia", "XXX-13:47"}) {
    setenv("TZ", other, 1);
    tzset();
    WEFT_ASSERT_OK_AND_ASSIGN(const std::string there, SaveModuleToBytes(module_, first_));
    EXPECT_EQ(there, here) << other;
  }
  zone == nullptr ? unsetenv("TZ") : setenv("TZ", zone, 1);
  tzset();
}

TEST_F(SavedModuleTest, GoldenFilesOfThisVersion) {
  WEFT_ASSERT_OK_AND_ASSIGN(const std::string now, SaveModuleToBytes(module_, first_));
  const std::string golden = GoldenFile("graph/proto/testdata/saved_v1.zip", now);
  const absl::StatusOr<LoadedModule> loaded = LoadModuleFromBytes(golden, TestOps());
  ExpectLoads(loaded, first_);
  WEFT_ASSERT_OK_AND_ASSIGN(const std::string again, SaveModuleToBytes(*loaded->module, loaded->variables));
  EXPECT_EQ(again, golden);
  const std::string root = NewDirectory();
  WEFT_ASSERT_OK(SaveModule(root + "/d", *loaded->module, loaded->variables));
  for (const auto& [name, contents] : FilesIn(root + "/d")) {
    EXPECT_EQ(contents, GoldenFile("graph/proto/testdata/saved_v1/" + name, contents)) << name;
  }
  // As it lies in the repository. (Bazel's sandbox holds links, which LoadModule refuses: read by bytes.)
  const std::string copy = NewDirectory();
  for (const auto& [name, contents] : FilesIn(root + "/d")) {
    WEFT_ASSERT_OK(WriteFileAtomically(copy + "/" + name, RepositoryFile("graph/proto/testdata/saved_v1/" + name)));
  }
  ExpectLoads(LoadModule(copy, TestOps()), first_);
}

TEST_F(SavedModuleTest, ModulesWithoutVariables) {
  const std::string root = NewDirectory();
  const Module empty(TestOps());
  WEFT_ASSERT_OK(SaveModule(root + "/m", empty, {}));
  EXPECT_EQ(FilesIn(root + "/m").size(), 1u);
  WEFT_ASSERT_OK_AND_ASSIGN(const LoadedModule loaded, LoadModule(root + "/m", TestOps()));
  EXPECT_TRUE(loaded.variables.empty());
  WEFT_ASSERT_OK_AND_ASSIGN(const std::string bytes, SaveModuleToBytes(empty, {}));
  WEFT_EXPECT_OK(LoadModuleFromBytes(bytes, TestOps()));
}

TEST_F(SavedModuleTest, ContentsMustBeThoseOfTheVariables) {
  const std::string path = NewDirectory() + "/m";
  std::vector<NamedTensor> contents(first_.begin() + 1, first_.end());
  EXPECT_THAT(SaveModule(path, module_, contents),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("no contents of variable 'dense/kernel'")));
  contents = first_;
  contents.push_back(first_[0]);
  EXPECT_THAT(SaveModule(path, module_, contents), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("twice")));
  contents.back().first = "kernels";
  EXPECT_THAT(SaveModule(path, module_, contents),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("no variable 'kernels'")));
  contents = first_;
  contents[0].second = *contents[0].second.Reshaped({4, 6});
  EXPECT_THAT(SaveModule(path, module_, contents),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       HasSubstr("variable 'dense/kernel': expected f32[6,4], got f32[4,6]")));
  EXPECT_FALSE(fs::exists(path));
}

TEST_F(SavedModuleTest, StaleFilesAreCleaned) {
  const std::string path = NewDirectory() + "/m";
  WEFT_ASSERT_OK(SaveModule(path, module_, first_));
  const std::string stale = "weights-0123456789abcdef.safetensors";
  for (const std::string& name :
       {stale, stale + ".tmp-1-0", std::string("module.weft.tmp-17-3"), std::string("notes.txt"),
        std::string("weights-mine.safetensors"), std::string("notes.txt.tmp-1-1")}) {
    WEFT_ASSERT_OK(WriteFileAtomically(path + "/" + name, "x"));
  }
  WEFT_ASSERT_OK(SaveModule(path, module_, second_));
  const auto files = FilesIn(path);
  EXPECT_EQ(files.size(), 5u);  // module, weights, and what is not ours
  EXPECT_EQ(files.count("notes.txt") + files.count("weights-mine.safetensors") + files.count("notes.txt.tmp-1-1"), 3u);
  ExpectLoads(LoadModule(path, TestOps()), second_);
}

// However the writer dies, the directory holds the old module or the new one, and can be saved into again.
TEST_F(SavedModuleTest, ACrashLeavesTheOldModuleOrTheNew) {
  for (const bool single_file : {false, true}) {
    for (const bool had_old : {false, true}) {
      int saved_new = 0, points = 0;
      for (int crash_at = 0;; ++crash_at, ++points) {
        const std::string path = NewDirectory() + (single_file ? "/m.zip" : "/m");
        if (had_old) {
          WEFT_ASSERT_OK(SaveModule(path, module_, first_));
        }
        int seen = 0;
        std::string where;
        SetIoFaultForTesting([&](absl::string_view point) {
          if (seen++ != crash_at) return false;
          where.assign(point.data(), point.size());
          return true;
        });
        const absl::Status saved = SaveModule(path, module_, second_);
        SetIoFaultForTesting(nullptr);
        const absl::StatusOr<LoadedModule> loaded = LoadModule(path, TestOps());
        if (where.empty()) {
          WEFT_EXPECT_OK(saved);
          ExpectLoads(loaded, second_);
          break;
        }
        EXPECT_THAT(saved, StatusIs(absl::StatusCode::kAborted)) << where;
        if (loaded.ok()) {
          const bool is_new = Same(loaded->variables, second_);
          saved_new += is_new;
          EXPECT_TRUE(is_new || (had_old && Same(loaded->variables, first_))) << where;
          EXPECT_FALSE(!is_new && saved_new > 0) << "went back at " << where;
        } else {
          EXPECT_FALSE(had_old) << where << ": " << loaded.status();
          EXPECT_THAT(loaded, StatusIs(absl::StatusCode::kNotFound)) << where;
        }
        WEFT_ASSERT_OK(SaveModule(path, module_, second_));
        ExpectLoads(LoadModule(path, TestOps()), second_);
        if (!single_file) {
          EXPECT_EQ(FilesIn(path).size(), 2u) << where;
        }
      }
      // 7 points a file written; in a directory also those of making it and of cleaning up.
      EXPECT_EQ(points, single_file ? 7 : (had_old ? 16 : 15));
      EXPECT_GE(saved_new, 2);
    }
  }
}

// A crash of the process, not of the function: descriptors and locks go with it.
TEST_F(SavedModuleTest, AKilledProcess) {
  const std::string path = NewDirectory() + "/m";
  WEFT_ASSERT_OK(SaveModule(path, module_, first_));
  for (int crash_at = 0; crash_at < 16; ++crash_at) {
    const pid_t child = fork();
    if (child == 0) {
      int seen = 0;
      SetIoFaultForTesting([&](absl::string_view) {
        if (seen++ == crash_at) _exit(0);
        return false;
      });
      _exit(SaveModule(path, module_, second_).ok() ? 1 : 2);
    }
    int status = 0;
    waitpid(child, &status, 0);
    const absl::StatusOr<LoadedModule> loaded = LoadModule(path, TestOps());
    WEFT_ASSERT_OK(loaded);
    EXPECT_TRUE(Same(loaded->variables, first_) || Same(loaded->variables, second_)) << crash_at;
    WEFT_ASSERT_OK(SaveModule(path, module_, first_));
  }
}

TEST_F(SavedModuleTest, SaversAndLoadersAtTheSameTime) {
  const std::string path = NewDirectory() + "/m";
  WEFT_ASSERT_OK(SaveModule(path, module_, first_));
  std::atomic<int> savers{2};
  std::vector<std::thread> threads;
  for (int i = 0; i < 2; ++i) {
    threads.emplace_back([&, i] {
      for (int k = 0; k < 20; ++k) WEFT_EXPECT_OK(SaveModule(path, module_, (i + k) % 2 == 0 ? first_ : second_));
      --savers;
    });
  }
  int loads = 0;
  while (savers > 0 || loads == 0) {
    const absl::StatusOr<LoadedModule> loaded = LoadModule(path, TestOps());
    ASSERT_THAT(loaded, IsOk());
    EXPECT_TRUE(Same(loaded->variables, first_) || Same(loaded->variables, second_));
    ++loads;
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(FilesIn(path).size(), 2u);
}

class HostileDirectoryTest : public SavedModuleTest {
 protected:
  HostileDirectoryTest() : path_(NewDirectory() + "/m") {
    SaveModule(path_, module_, first_).IgnoreError();
    for (const auto& [name, contents] : FilesIn(path_)) {
      if (absl::StartsWith(name, "weights-")) weights_ = name;
    }
  }
  void ExpectRefused(const std::string& error) {
    EXPECT_THAT(LoadModule(path_, TestOps()), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr(error)));
  }
  void Change(const std::function<void(proto::Module*)>& change) {
    proto::Module message;
    ASSERT_TRUE(message.ParseFromString(FilesIn(path_)["module.weft"]));
    change(&message);
    WEFT_ASSERT_OK(WriteFileAtomically(path_ + "/module.weft", message.SerializeAsString()));
  }
  const std::string path_;
  std::string weights_;
};

TEST_F(HostileDirectoryTest, NamesThatLeadOut) {
  fs::copy(path_ + "/" + weights_, path_ + "/../" + weights_);
  for (const std::string& name :
       {"../" + weights_, "./" + weights_, path_ + "/" + weights_, std::string(".."), std::string(""),
        std::string("module.weft"), "x" + weights_, weights_ + "x", std::string("weights-0123456789abcdef.safetensors"),
        weights_ + std::string(1, '\0')}) {
    Change([&](proto::Module* m) { m->mutable_weights(0)->set_name(name); });
    ExpectRefused("a name that is not its hash's");
  }
  Change([&](proto::Module* m) {
    m->mutable_weights(0)->set_name(weights_);
    m->mutable_weights(0)->mutable_sha256()->pop_back();
  });
  ExpectRefused("a name that is not its hash's");
}

TEST_F(HostileDirectoryTest, LinksAndOtherKindsOfFiles) {
  const std::string file = path_ + "/" + weights_, other = path_ + "/../other";
  fs::rename(file, other);
  fs::create_symlink(other, file);
  ExpectRefused("is a symbolic link");
  fs::remove(file);
  fs::create_hard_link(other, file);
  ExpectRefused("has 2 hard links");
  fs::remove(file);
  fs::create_directory(file);
  ExpectRefused("is no regular file");
  fs::remove(file);
  ASSERT_EQ(mkfifo(file.c_str(), 0600), 0);
  ExpectRefused("is no regular file");
  fs::remove(file);
  EXPECT_THAT(LoadModule(path_, TestOps()), StatusIs(absl::StatusCode::kNotFound, HasSubstr(weights_)));
  fs::rename(other, file);
  ExpectLoads(LoadModule(path_, TestOps()), first_);
  fs::rename(path_ + "/module.weft", other);
  fs::create_symlink(other, path_ + "/module.weft");
  ExpectRefused("is a symbolic link");
}

TEST_F(HostileDirectoryTest, DamagedWeights) {
  std::string bytes = FilesIn(path_)[weights_];
  auto write = [&](const std::string& contents) {
    std::ofstream(path_ + "/" + weights_, std::ios::binary) << contents;
  };
  write(bytes + "x");
  ExpectRefused("expected at most");
  write(bytes.substr(1));
  ExpectRefused("is damaged");
  bytes.back() ^= 1;
  write(bytes);
  ExpectRefused("is damaged");
  bytes.back() ^= 1;
  write(bytes);
  ExpectLoads(LoadModule(path_, TestOps()), first_);
  EXPECT_THAT(LoadModule(path_, TestOps(), {.max_bytes = 4000}),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("expected at most")));
  Change([](proto::Module* m) { m->mutable_weights(0)->set_size(~uint64_t{0}); });
  ExpectRefused("impossible size");
  Change([](proto::Module* m) { *m->add_weights() = m->weights(0); });
  Change([&](proto::Module* m) {
    m->mutable_weights(0)->set_size(bytes.size());
    m->mutable_weights(1)->set_size(bytes.size());
  });
  ExpectRefused("twice");
  Change([](proto::Module* m) { m->clear_weights(); });
  ExpectRefused("no contents of variable 'dense/kernel'");
}

TEST_F(HostileDirectoryTest, NoModule) {
  EXPECT_THAT(LoadModule(path_ + "/nothing", TestOps()), StatusIs(absl::StatusCode::kNotFound, HasSubstr("nothing")));
  fs::create_directory(path_ + "/empty");
  EXPECT_THAT(LoadModule(path_ + "/empty", TestOps()),
              StatusIs(absl::StatusCode::kNotFound, HasSubstr("empty/module.weft")));
  WEFT_ASSERT_OK(WriteFileAtomically(path_ + "/text", "hello"));
  EXPECT_THAT(LoadModule(path_ + "/text", TestOps()), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("zip")));
  EXPECT_THAT(LoadModule("/dev/null", TestOps()), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("neither")));
  EXPECT_THAT(SaveModule(path_ + "/text", module_, first_), testing::Not(IsOk()));
  EXPECT_THAT(SaveModule(path_ + "/no/parent", module_, first_), StatusIs(absl::StatusCode::kNotFound));
}

// Bounded by the file's size: its bytes, a part of it, and the tensors.
TEST_F(SavedModuleTest, LoadingTakesAFewTimesTheFile) {
  Module module(TestOps());
  constexpr int64_t kBytes = 48 << 20;
  WEFT_ASSERT_OK(module.AddVariable({"large", {DType::kFloat32, {kBytes / 4}}, true, "weight"}));
  WEFT_ASSERT_OK_AND_ASSIGN(Tensor large, Tensor::Create(DType::kFloat32, {kBytes / 4}));
  std::memset(large.mutable_raw(), 1, kBytes);
  const std::string root = NewDirectory();
  for (const char* name : {"/m", "/m.zip"}) {
    WEFT_ASSERT_OK(SaveModule(root + name, module, {{"large", large}}));
    const int64_t growth = PeakMemoryGrowth([&] {
      if (!LoadModule(root + name, TestOps()).ok()) std::abort();
    });
    EXPECT_GE(growth, 0);
    EXPECT_LE(growth, 3 * kBytes + (16 << 20));
  }
}

TEST_F(SavedModuleTest, DamagedSingleFiles) {
  WEFT_ASSERT_OK_AND_ASSIGN(const std::string bytes, SaveModuleToBytes(module_, first_));
  for (size_t length = 0; length < bytes.size(); length += 7) {
    EXPECT_FALSE(LoadModuleFromBytes(absl::string_view(bytes).substr(0, length), TestOps()).ok()) << length;
  }
  for (size_t at = 0; at < bytes.size(); ++at) {
    std::string changed = bytes;
    changed[at] = static_cast<char>(~changed[at]);
    const absl::StatusOr<LoadedModule> loaded = LoadModuleFromBytes(changed, TestOps());
    // Times and attributes in the directory of the archive are of no consequence.
    EXPECT_TRUE(!loaded.ok() || Same(loaded->variables, first_)) << at;
  }
}

}  // namespace
}  // namespace weft
