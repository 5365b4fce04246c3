#include "graph/proto/directory.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "core/status.h"
#include "core/testing/io_fault.h"

namespace weft {
namespace {

absl::Status SystemError(int error, absl::string_view what, absl::string_view path) {
  return absl::ErrnoToStatus(error, absl::StrCat("cannot ", what, " ", path));
}

int OpenDirectory(const std::string& path) {
  int fd;
  do {
    fd = open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  } while (fd < 0 && errno == EINTR);
  return fd;
}

class Closer {
 public:
  explicit Closer(int fd) : fd_(fd) {}
  ~Closer() {
    if (fd_ >= 0) close(fd_);
  }
  Closer(const Closer&) = delete;
  Closer& operator=(const Closer&) = delete;

 private:
  const int fd_;
};

absl::StatusOr<std::string> ReadAll(int fd, int64_t size, const std::string& path) {
  std::string contents(static_cast<size_t>(size), '\0');
  size_t used = 0;
  while (used < contents.size()) {
    const ssize_t n = read(fd, contents.data() + used, std::min<size_t>(contents.size() - used, 1 << 30));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return SystemError(errno, "read", path);
    if (n == 0) return InvalidArgument("file ", path, " became shorter while it was read");
    used += static_cast<size_t>(n);
  }
  return contents;
}

}  // namespace

absl::StatusOr<Directory> Directory::Open(absl::string_view path) {
  std::string name(path);
  const int fd = OpenDirectory(name);
  if (fd < 0) return SystemError(errno, "open directory", path);
  return Directory(std::move(name), fd);
}

Directory::~Directory() {
  if (fd_ >= 0) close(fd_);
}

Directory::Directory(Directory&& other) noexcept : path_(std::move(other.path_)), fd_(std::exchange(other.fd_, -1)) {}

absl::StatusOr<std::string> Directory::Read(const std::string& name, int64_t max_bytes) const {
  const std::string path = absl::StrCat(path_, "/", name);
  if (name.empty() || name == "." || name == ".." || name.find('/') != std::string::npos ||
      name.find('\0') != std::string::npos) {
    return InvalidArgument("'", name, "' is no name of a file in ", path_);
  }
  int fd;
  do {  // O_NONBLOCK: a pipe is refused below and not waited for
    fd = openat(fd_, name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  } while (fd < 0 && errno == EINTR);
  if (fd < 0 && errno == ELOOP) return InvalidArgument("file ", path, " is a symbolic link");
  if (fd < 0) return SystemError(errno, "open", path);
  const Closer closer(fd);
  struct stat info;
  if (fstat(fd, &info) != 0) return SystemError(errno, "examine", path);
  if (!S_ISREG(info.st_mode)) return InvalidArgument(path, " is no regular file");
  if (info.st_nlink > 1) return InvalidArgument("file ", path, " has ", info.st_nlink, " hard links, expected one");
  if (info.st_size > max_bytes) {
    return InvalidArgument("file ", path, " has ", info.st_size, " bytes, expected at most ", max_bytes);
  }
  return ReadAll(fd, info.st_size, path);
}

absl::StatusOr<std::vector<std::string>> Directory::List() const {
  // Of its own: reading moves the position that all copies of a descriptor share.
  const int fd = OpenDirectory(path_);
  DIR* stream = fd < 0 ? nullptr : fdopendir(fd);
  if (stream == nullptr) {
    const int error = errno;
    if (fd >= 0) close(fd);
    return SystemError(error, "list directory", path_);
  }
  std::vector<std::string> names;
  while (const dirent* entry = readdir(stream)) {
    std::string name = entry->d_name;
    if (name != "." && name != "..") names.push_back(std::move(name));
  }
  closedir(stream);
  std::sort(names.begin(), names.end());
  return names;
}

absl::Status Directory::Remove(const std::string& name) const {
  if (unlinkat(fd_, name.c_str(), 0) != 0) return SystemError(errno, "remove", absl::StrCat(path_, "/", name));
  return absl::OkStatus();
}

absl::Status Directory::Lock() const {
  const absl::Time deadline = absl::Now() + absl::Seconds(10);
  while (flock(fd_, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK && errno != EINTR) return SystemError(errno, "lock directory", path_);
    if (absl::Now() > deadline) {
      return absl::UnavailableError(absl::StrCat("directory ", path_, " is being saved into by somebody else"));
    }
    absl::SleepFor(absl::Milliseconds(5));
  }
  return absl::OkStatus();
}

absl::Status Directory::Sync() const {
  // Some file systems do not sync directories and say EINVAL: there is nothing more to be done there.
  if (fsync(fd_) != 0 && errno != EINVAL) return SystemError(errno, "sync directory", path_);
  return absl::OkStatus();
}

absl::Status MakeDirectory(absl::string_view path) {
  std::string name(absl::StripSuffix(path, "/"));
  if (IoFaultAt("make_directory")) return absl::AbortedError("crash injected before make_directory");
  if (mkdir(name.c_str(), 0777) != 0) {
    struct stat info;
    if (errno == EEXIST && stat(name.c_str(), &info) == 0 && S_ISDIR(info.st_mode)) return absl::OkStatus();
    return SystemError(errno, "make directory", path);
  }
  const size_t slash = name.rfind('/');
  WEFT_ASSIGN_OR_RETURN(const Directory parent,
                        Directory::Open(slash == std::string::npos ? "." : name.substr(0, std::max<size_t>(slash, 1))));
  return parent.Sync();
}

}  // namespace weft
