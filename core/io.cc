#include "core/io.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/status.h"
#include "core/testing/io_fault.h"

namespace weft {
namespace {

absl::Status SystemError(int error, absl::string_view what, absl::string_view path) {
  return absl::ErrnoToStatus(error, absl::StrCat("cannot ", what, " ", path));
}

absl::Status Crash(absl::string_view point) {
  return absl::AbortedError(absl::StrCat("crash injected before ", point));
}

// A file descriptor, closed at the end of its life.
class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }
  // 0, or the error: that of a write which the system has put off may only show here.
  int Close() { return close(std::exchange(fd_, -1)) == 0 || errno == EINTR ? 0 : errno; }

 private:
  int fd_;
};

int Open(const std::string& path, int flags, mode_t mode = 0) {
  int fd;
  do {
    fd = open(path.c_str(), flags | O_CLOEXEC, mode);
  } while (fd < 0 && errno == EINTR);
  return fd;
}

absl::Status WriteAll(int fd, absl::string_view bytes, const std::string& path) {
  while (!bytes.empty()) {
    const ssize_t n = write(fd, bytes.data(), std::min<size_t>(bytes.size(), 1 << 30));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return SystemError(errno, "write", path);
    bytes.remove_prefix(n);
  }
  return absl::OkStatus();
}

std::string DirectoryOf(absl::string_view path) {
  const size_t slash = path.rfind('/');
  if (slash == absl::string_view::npos) return ".";
  return std::string(path.substr(0, std::max<size_t>(slash, 1)));
}

absl::Status SyncDirectory(const std::string& directory) {
  Descriptor fd(Open(directory, O_RDONLY | O_DIRECTORY));
  if (fd.get() < 0) return SystemError(errno, "open directory", directory);
  // Some file systems do not sync directories and say EINVAL: there is nothing more to be done there.
  if (fsync(fd.get()) != 0 && errno != EINVAL) return SystemError(errno, "sync directory", directory);
  return absl::OkStatus();
}

// Creates a file that was not there, beside `path` (a rename works only within one file system). Returns its descriptor
// or -1 with errno set.
int CreateBeside(const std::string& path, std::string* temporary) {
  static std::atomic<uint64_t> counter{0};
  for (int attempt = 0; attempt < 100; ++attempt) {
    *temporary = absl::StrCat(path, ".tmp-", getpid(), "-", counter.fetch_add(1));
    const int fd = Open(*temporary, O_WRONLY | O_CREAT | O_EXCL, 0666);
    if (fd >= 0 || errno != EEXIST) return fd;  // a leftover of a dead process with our number may exist
  }
  return -1;
}

// Fills and syncs the new file. Sets *crashed where an injected fault says so.
absl::Status Fill(Descriptor& fd, const std::string& path, const std::string& temporary, absl::string_view contents,
                  bool* crashed) {
  auto crash_at = [&](absl::string_view point) { return *crashed = IoFaultAt(point); };
  struct stat old;
  if (stat(path.c_str(), &old) == 0 && S_ISREG(old.st_mode) && fchmod(fd.get(), old.st_mode & 07777) != 0) {
    return SystemError(errno, "set the mode of", temporary);
  }
  if (crash_at("write")) return Crash("write");
  WEFT_RETURN_IF_ERROR(WriteAll(fd.get(), contents.substr(0, contents.size() / 2), temporary));
  if (crash_at("write_rest")) return Crash("write_rest");
  WEFT_RETURN_IF_ERROR(WriteAll(fd.get(), contents.substr(contents.size() / 2), temporary));
  if (crash_at("sync")) return Crash("sync");
  if (fsync(fd.get()) != 0) return SystemError(errno, "sync", temporary);
  if (const int error = fd.Close(); error != 0) return SystemError(error, "close", temporary);
  if (crash_at("rename")) return Crash("rename");
  if (rename(temporary.c_str(), path.c_str()) != 0) return SystemError(errno, "rename to", path);
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::string> ReadFile(absl::string_view path, int64_t max_bytes) {
  Descriptor fd(Open(std::string(path), O_RDONLY));
  if (fd.get() < 0) return SystemError(errno, "open", path);
  struct stat info;
  if (fstat(fd.get(), &info) != 0) return SystemError(errno, "examine", path);
  if (S_ISDIR(info.st_mode)) return InvalidArgument("cannot read ", path, ": it is a directory");
  auto too_large = [&] { return InvalidArgument("file ", path, " is larger than ", max_bytes, " bytes"); };
  if (S_ISREG(info.st_mode) && info.st_size > max_bytes) return too_large();
  // The size is a hint (it is 0 in /proc, and the file may grow), so reading goes on until the end; the one byte more
  // makes the end show without growing the buffer.
  const uint64_t limit = std::max<int64_t>(max_bytes, 0);
  std::string contents;
  contents.resize(S_ISREG(info.st_mode) ? static_cast<size_t>(info.st_size) + 1 : 4096);
  size_t used = 0;
  while (true) {
    if (used == contents.size()) contents.resize(std::min<uint64_t>(2 * used + 4096, limit + 1));
    const ssize_t n = read(fd.get(), contents.data() + used, std::min<size_t>(contents.size() - used, 1 << 30));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return SystemError(errno, "read", path);
    used += n;
    if (used > limit) return too_large();
    if (n == 0) break;
  }
  contents.resize(used);
  return contents;
}

absl::Status WriteFileAtomically(absl::string_view path_view, absl::string_view contents) {
  const std::string path(path_view);
  if (IoFaultAt("create")) return Crash("create");
  std::string temporary;
  Descriptor fd(CreateBeside(path, &temporary));
  if (fd.get() < 0) return SystemError(errno, "create", temporary);
  bool crashed = false;
  absl::Status status = Fill(fd, path, temporary, contents, &crashed);
  if (!status.ok()) {
    if (!crashed) unlink(temporary.c_str());
    return status;
  }
  if (IoFaultAt("sync_directory")) return Crash("sync_directory");
  WEFT_RETURN_IF_ERROR(SyncDirectory(DirectoryOf(path)));
  if (IoFaultAt("return")) return Crash("return");
  return absl::OkStatus();
}

}  // namespace weft
