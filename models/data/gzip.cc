#include "models/data/gzip.h"

#include <zlib.h>

#include <algorithm>
#include <memory>

#include "core/io.h"
#include "core/status.h"

namespace weft {

absl::StatusOr<std::string> Gunzip(absl::string_view bytes, absl::string_view name, int64_t max_bytes) {
  z_stream stream = {};
  constexpr int kGzipOnly = 16 + MAX_WBITS;
  if (inflateInit2(&stream, kGzipOnly) != Z_OK) return Internal(name, ": zlib does not start");
  std::unique_ptr<z_stream, int (*)(z_stream*)> end(&stream, inflateEnd);
  std::string result;
  size_t read = 0;
  int code = Z_OK;
  while (code != Z_STREAM_END) {
    if (stream.avail_in == 0 && read < bytes.size()) {
      size_t chunk = std::min<size_t>(bytes.size() - read, 1 << 20);
      stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data() + read));
      stream.avail_in = static_cast<uInt>(chunk);
      read += chunk;
    }
    constexpr size_t kBlock = 1 << 20;
    size_t size = result.size();
    if (static_cast<int64_t>(size) > max_bytes)
      return InvalidArgument(name, ": larger than ", max_bytes, " bytes when decompressed");
    result.resize(size + kBlock);
    stream.next_out = reinterpret_cast<Bytef*>(&result[size]);
    stream.avail_out = kBlock;
    code = inflate(&stream, Z_NO_FLUSH);
    size_t produced = kBlock - stream.avail_out;
    result.resize(size + produced);
    if (code == Z_BUF_ERROR || (code == Z_OK && produced == 0 && stream.avail_in == 0 && read == bytes.size())) {
      return InvalidArgument(name, ": the gzip file is truncated (", bytes.size(), " bytes)");
    }
    if (code != Z_OK && code != Z_STREAM_END) {
      return InvalidArgument(name, ": damaged gzip file", stream.msg == nullptr ? "" : ": ",
                             stream.msg == nullptr ? "" : stream.msg);
    }
  }
  if (stream.avail_in > 0 || read < bytes.size())
    return InvalidArgument(name, ": bytes behind the end of the gzip data");
  return result;
}

absl::StatusOr<std::string> ReadMaybeGzip(absl::string_view path, int64_t max_bytes) {
  WEFT_ASSIGN_OR_RETURN(std::string bytes, ReadFile(path, max_bytes));
  bool gzipped =
      bytes.size() >= 2 && static_cast<unsigned char>(bytes[0]) == 0x1f && static_cast<unsigned char>(bytes[1]) == 0x8b;
  if (!gzipped) return bytes;
  return Gunzip(bytes, path, max_bytes);
}

}  // namespace weft
