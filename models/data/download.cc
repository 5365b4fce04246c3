#include "models/data/download.h"

#include <curl/curl.h>

#include <memory>

#include "absl/strings/str_cat.h"
#include "core/status.h"

namespace weft {
namespace {

struct Transfer {
  const DownloadOptions& options;
  std::string body;
};

size_t Receive(char* data, size_t size, size_t count, void* user) {
  auto* transfer = static_cast<Transfer*>(user);
  size_t bytes = size * count;
  if (static_cast<int64_t>(transfer->body.size() + bytes) > transfer->options.max_bytes) return 0;  // ends the transfer
  transfer->body.append(data, bytes);
  return bytes;
}

int Progress(void* user, curl_off_t total, curl_off_t received, curl_off_t, curl_off_t) {
  auto* transfer = static_cast<Transfer*>(user);
  if (transfer->options.progress) transfer->options.progress(received, total);
  return 0;
}

}  // namespace

absl::StatusOr<std::string> Download(absl::string_view url, const DownloadOptions& options) {
  std::unique_ptr<CURL, void (*)(CURL*)> curl(curl_easy_init(), curl_easy_cleanup);
  if (curl == nullptr) return Internal("libcurl does not start");
  Transfer transfer{options, {}};
  std::string address(url);
  CURL* handle = curl.get();
  curl_easy_setopt(handle, CURLOPT_URL, address.c_str());
  curl_easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "https");
  curl_easy_setopt(handle, CURLOPT_REDIR_PROTOCOLS_STR, "https");
  curl_easy_setopt(handle, CURLOPT_FOLLOWLOCATION, 1L);
  curl_easy_setopt(handle, CURLOPT_MAXREDIRS, 5L);
  curl_easy_setopt(handle, CURLOPT_FAILONERROR, 1L);
  curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(handle, CURLOPT_CONNECTTIMEOUT, static_cast<long>(options.connect_timeout_s));
  curl_easy_setopt(handle, CURLOPT_LOW_SPEED_LIMIT, 1L);
  curl_easy_setopt(handle, CURLOPT_LOW_SPEED_TIME, static_cast<long>(options.stall_timeout_s));
  curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, Receive);
  curl_easy_setopt(handle, CURLOPT_WRITEDATA, &transfer);
  curl_easy_setopt(handle, CURLOPT_NOPROGRESS, 0L);
  curl_easy_setopt(handle, CURLOPT_XFERINFOFUNCTION, Progress);
  curl_easy_setopt(handle, CURLOPT_XFERINFODATA, &transfer);
  CURLcode code = curl_easy_perform(handle);
  if (code == CURLE_WRITE_ERROR)
    return absl::UnavailableError(absl::StrCat(url, ": more than ", options.max_bytes, " bytes"));
  if (code != CURLE_OK) return absl::UnavailableError(absl::StrCat(url, ": ", curl_easy_strerror(code)));
  return std::move(transfer.body);
}

}  // namespace weft
