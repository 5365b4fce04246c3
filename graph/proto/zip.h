// Uncompressed zip archives in memory.
#ifndef WEFT_GRAPH_PROTO_ZIP_H_
#define WEFT_GRAPH_PROTO_ZIP_H_

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"

struct zip;

namespace weft {

// Entries (name, contents), at least one, in the given order, all stored, with a fixed time and no attributes: the same
// entries give the same bytes.
absl::StatusOr<std::string> WriteZip(absl::Span<const std::pair<std::string, absl::string_view>> entries);

class ZipReader {
 public:
  // `bytes` outlive the reader. InvalidArgument for a damaged archive, one with more than kMaxEntries, or with a name
  // twice.
  static absl::StatusOr<ZipReader> Open(absl::string_view bytes);
  ~ZipReader();
  ZipReader(ZipReader&& other) noexcept;
  ZipReader& operator=(ZipReader&&) = delete;

  // The contents of an entry, checked against its CRC. NotFound: there is none; InvalidArgument: it is compressed or
  // encrypted, or larger than max_bytes or the archive.
  absl::StatusOr<std::string> Read(const std::string& name, int64_t max_bytes) const;

  static constexpr int64_t kMaxEntries = 1024;

 private:
  ZipReader(zip* archive, int64_t size) : archive_(archive), size_(size) {}
  zip* archive_;
  int64_t size_;
  absl::flat_hash_map<std::string, uint64_t> index_;
};

}  // namespace weft

#endif  // WEFT_GRAPH_PROTO_ZIP_H_
