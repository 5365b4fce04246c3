#include "graph/proto/zip.h"

#include <zip.h>

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/status.h"

namespace weft {
namespace {

// 1980-01-01, the first day of the format, at noon: every time zone has that hour, and libzip goes through local time.
constexpr uint16_t kDosDate = 1 << 5 | 1, kDosTime = 12 << 11;

class ZipError {
 public:
  ZipError() { zip_error_init(&error_); }
  ~ZipError() { zip_error_fini(&error_); }
  zip_error_t* get() { return &error_; }
  absl::Status Status(absl::string_view what) { return InvalidArgument(what, ": ", zip_error_strerror(&error_)); }

 private:
  zip_error_t error_;
};

// Entries of `archive`, which writes into a buffer when it is closed.
absl::Status AddEntries(zip_t* archive, absl::Span<const std::pair<std::string, absl::string_view>> entries) {
  for (const auto& [name, contents] : entries) {
    zip_source_t* source = zip_source_buffer(archive, contents.data(), contents.size(), /*freep=*/0);
    if (source == nullptr) return Internal("zip: ", zip_strerror(archive));
    const zip_int64_t index = zip_file_add(archive, name.c_str(), source, ZIP_FL_ENC_UTF_8);
    if (index < 0) {
      zip_source_free(source);
      return Internal("zip: ", zip_strerror(archive));
    }
    if (zip_set_file_compression(archive, index, ZIP_CM_STORE, 0) != 0 ||
        zip_file_set_dostime(archive, index, kDosTime, kDosDate, 0) != 0 ||
        zip_file_set_external_attributes(archive, index, 0, ZIP_OPSYS_DOS, 0) != 0) {
      return Internal("zip: ", zip_strerror(archive));
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<std::string> ReadSource(zip_source_t* source) {
  zip_stat_t info;
  if (zip_source_stat(source, &info) != 0 || (info.valid & ZIP_STAT_SIZE) == 0 || zip_source_open(source) != 0) {
    return Internal("zip: the archive could not be read back");
  }
  std::string bytes(info.size, '\0');
  const zip_int64_t n = zip_source_read(source, bytes.data(), bytes.size());
  zip_source_close(source);
  if (n != static_cast<zip_int64_t>(bytes.size())) return Internal("zip: the archive could not be read back");
  return bytes;
}

}  // namespace

absl::StatusOr<std::string> WriteZip(absl::Span<const std::pair<std::string, absl::string_view>> entries) {
  ZipError error;
  zip_source_t* target = zip_source_buffer_create(nullptr, 0, 0, error.get());
  if (target == nullptr) return error.Status("zip");
  zip_t* archive = zip_open_from_source(target, ZIP_TRUNCATE, error.get());
  if (archive == nullptr) {
    zip_source_free(target);
    return error.Status("zip");
  }
  zip_source_keep(target);
  absl::Status written = AddEntries(archive, entries);
  if (written.ok() && zip_close(archive) != 0) written = Internal("zip: ", zip_strerror(archive));
  if (!written.ok()) {
    zip_discard(archive);
    zip_source_free(target);
    return written;
  }
  absl::StatusOr<std::string> bytes = ReadSource(target);
  zip_source_free(target);
  return bytes;
}

ZipReader::~ZipReader() {
  if (archive_ != nullptr) zip_discard(archive_);
}

ZipReader::ZipReader(ZipReader&& other) noexcept
    : archive_(std::exchange(other.archive_, nullptr)), size_(other.size_), index_(std::move(other.index_)) {}

absl::StatusOr<ZipReader> ZipReader::Open(absl::string_view bytes) {
  // libzip takes no bytes at all for an archive without entries.
  if (bytes.empty()) return InvalidArgument("no zip archive: 0 bytes");
  ZipError error;
  zip_source_t* source = zip_source_buffer_create(bytes.data(), bytes.size(), /*freep=*/0, error.get());
  if (source == nullptr) return error.Status("zip");
  zip_t* archive = zip_open_from_source(source, ZIP_RDONLY | ZIP_CHECKCONS, error.get());
  if (archive == nullptr) {
    zip_source_free(source);
    return error.Status("no zip archive");
  }
  ZipReader reader(archive, static_cast<int64_t>(bytes.size()));
  const zip_int64_t n = zip_get_num_entries(archive, 0);
  if (n > kMaxEntries) return InvalidArgument("a zip archive of ", n, " entries, expected at most ", kMaxEntries);
  for (zip_int64_t i = 0; i < n; ++i) {
    const char* name = zip_get_name(archive, i, ZIP_FL_ENC_RAW);
    if (name == nullptr) return InvalidArgument("no zip archive: ", zip_strerror(archive));
    if (!reader.index_.emplace(name, i).second) return InvalidArgument("a zip archive with an entry twice");
  }
  return reader;
}

absl::StatusOr<std::string> ZipReader::Read(const std::string& name, int64_t max_bytes) const {
  auto it = index_.find(name);
  if (it == index_.end()) return NotFound("the zip archive has no entry ", name);
  zip_stat_t info;
  constexpr zip_uint64_t kNeeded =
      ZIP_STAT_SIZE | ZIP_STAT_COMP_SIZE | ZIP_STAT_COMP_METHOD | ZIP_STAT_ENCRYPTION_METHOD;
  if (zip_stat_index(archive_, it->second, 0, &info) != 0 || (info.valid & kNeeded) != kNeeded) {
    return InvalidArgument("zip entry ", name, ": ", zip_strerror(archive_));
  }
  if (info.comp_method != ZIP_CM_STORE || info.encryption_method != ZIP_EM_NONE || info.size != info.comp_size) {
    return InvalidArgument("zip entry ", name, " is compressed or encrypted, expected it stored");
  }
  const int64_t limit = std::min(max_bytes, size_);  // it cannot be larger than the archive it is stored in
  if (info.size > static_cast<zip_uint64_t>(limit)) {
    return InvalidArgument("zip entry ", name, " has ", info.size, " bytes, expected at most ", limit);
  }
  zip_file_t* file = zip_fopen_index(archive_, it->second, 0);
  if (file == nullptr) return InvalidArgument("zip entry ", name, ": ", zip_strerror(archive_));
  std::string contents(info.size, '\0');
  const zip_int64_t n = zip_fread(file, contents.data(), contents.size());
  // The CRC is checked when the end is read.
  char beyond;
  const bool whole = n == static_cast<zip_int64_t>(contents.size()) && zip_fread(file, &beyond, 1) == 0;
  const std::string what = whole ? "" : zip_file_strerror(file);
  zip_fclose(file);
  if (!whole) return InvalidArgument("zip entry ", name, " is damaged: ", what);
  return contents;
}

}  // namespace weft
