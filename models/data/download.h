// Downloads over HTTPS with a checked hash.
#ifndef WEFT_MODELS_DATA_DOWNLOAD_H_
#define WEFT_MODELS_DATA_DOWNLOAD_H_

#include <cstdint>
#include <functional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace weft {

struct DownloadOptions {
  int connect_timeout_s = 3;
  int stall_timeout_s = 10;  // given up when nothing arrives for so long
  int64_t max_bytes = int64_t{256} << 20;
  std::function<void(int64_t received, int64_t total)> progress = {};  // total 0: not known
};

// The body of a GET. Unavailable where the host cannot be reached or answers with an error.
absl::StatusOr<std::string> Download(absl::string_view url, const DownloadOptions& options = {});

}  // namespace weft

#endif  // WEFT_MODELS_DATA_DOWNLOAD_H_
