// An open directory whose files are reached by name alone: no path in a file's contents leads out of it.
#ifndef WEFT_GRAPH_PROTO_DIRECTORY_H_
#define WEFT_GRAPH_PROTO_DIRECTORY_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace weft {

class Directory {
 public:
  static absl::StatusOr<Directory> Open(absl::string_view path);
  ~Directory();
  Directory(Directory&& other) noexcept;
  Directory& operator=(Directory&&) = delete;

  // The contents of a regular file with one link, not a symbolic link, of at most max_bytes. InvalidArgument for a name
  // with a '/' and for "", "." and "..".
  absl::StatusOr<std::string> Read(const std::string& name, int64_t max_bytes) const;
  // Sorted, without "." and "..".
  absl::StatusOr<std::vector<std::string>> List() const;
  absl::Status Remove(const std::string& name) const;
  // Until this object dies no other one locks the directory. Unavailable if that takes longer than 10 s.
  absl::Status Lock() const;
  // So that files made in it, and the directory itself in its parent, outlive a power failure.
  absl::Status Sync() const;

  const std::string& path() const { return path_; }

 private:
  Directory(std::string path, int fd) : path_(std::move(path)), fd_(fd) {}
  std::string path_;
  int fd_;
};

// Makes a directory if there is none; its parent must exist.
absl::Status MakeDirectory(absl::string_view path);

}  // namespace weft

#endif  // WEFT_GRAPH_PROTO_DIRECTORY_H_
