// Whole files, read with a bound and written so that a crash leaves the old contents or the new, never a mixture.
#ifndef WEFT_CORE_IO_H_
#define WEFT_CORE_IO_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace weft {

// The contents of a file. Errors name the path: NotFound, PermissionDenied ... as the system says, InvalidArgument for
// a directory or for more than max_bytes (no more than that is ever held).
absl::StatusOr<std::string> ReadFile(absl::string_view path, int64_t max_bytes);

// Writes to a new file beside `path`, syncs it, renames it to `path` and syncs the directory: whoever opens `path`,
// also after a power failure, finds the old file or the new one, complete. The mode of an old file is kept. After an
// error `path` is as it was (or, if only the last sync failed, new) and the new file is removed. A symbolic link at
// `path` is replaced, not followed. The directory must exist.
absl::Status WriteFileAtomically(absl::string_view path, absl::string_view contents);

}  // namespace weft

#endif  // WEFT_CORE_IO_H_
