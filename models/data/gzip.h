// Reading files that may be gzipped.
#ifndef WEFT_MODELS_DATA_GZIP_H_
#define WEFT_MODELS_DATA_GZIP_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace weft {

inline constexpr int64_t kMaxDataFileBytes = int64_t{2} << 30;

// The file's contents, decompressed where it begins with gzip's magic number. Errors name the file: not there,
// truncated or damaged gzip, bytes behind its end, larger than `max_bytes` (decompressed).
absl::StatusOr<std::string> ReadMaybeGzip(absl::string_view path, int64_t max_bytes = kMaxDataFileBytes);

// The same for bytes in memory; `name` is for errors.
absl::StatusOr<std::string> Gunzip(absl::string_view bytes, absl::string_view name,
                                   int64_t max_bytes = kMaxDataFileBytes);

}  // namespace weft

#endif  // WEFT_MODELS_DATA_GZIP_H_
