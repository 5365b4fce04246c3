#include "models/data/idx.h"

#include <cstdint>

#include "absl/strings/str_format.h"
#include "core/status.h"
#include "models/data/gzip.h"

namespace weft {
namespace {

constexpr uint32_t kImages = 0x00000803, kLabels = 0x00000801;

uint32_t BigEndian(absl::string_view bytes, size_t offset) {
  uint32_t value = 0;
  for (size_t i = 0; i < 4; ++i) value = value << 8 | static_cast<unsigned char>(bytes[offset + i]);
  return value;
}

// Magic, `rank` dims, then exactly their product in bytes.
absl::StatusOr<Tensor> ParseIdx(absl::string_view bytes, absl::string_view name, uint32_t magic, int rank,
                                absl::string_view what) {
  const size_t header = 4 + 4 * static_cast<size_t>(rank);
  if (bytes.size() >= 4) {
    uint32_t found = BigEndian(bytes, 0);
    if (found != magic) {
      return InvalidArgument(name,
                             absl::StrFormat(": expected magic 0x%08x (IDX %s), found 0x%08x", magic, what, found));
    }
  }
  if (bytes.size() < header) {
    return InvalidArgument(name, ": expected an IDX header of ", header, " bytes (", what, "), the file has ",
                           bytes.size());
  }
  Dims dims;
  for (int i = 0; i < rank; ++i) dims.push_back(BigEndian(bytes, 4 + 4 * static_cast<size_t>(i)));
  const absl::StatusOr<int64_t> counted = CheckedNumElements(dims);
  if (!counted.ok()) return Annotate(counted.status(), name);
  const int64_t elements = *counted;
  if (static_cast<uint64_t>(elements) != bytes.size() - header) {
    return InvalidArgument(name, ": the header announces ", DimsToString(dims), ", ", elements, " bytes; there are ",
                           bytes.size() - header);
  }
  return Tensor::FromBytes(DType::kUInt8, dims, bytes.data() + header, static_cast<size_t>(elements));
}

}  // namespace

absl::StatusOr<Tensor> ParseIdxImages(absl::string_view bytes, absl::string_view name) {
  return ParseIdx(bytes, name, kImages, 3, "images");
}

absl::StatusOr<Tensor> ParseIdxLabels(absl::string_view bytes, absl::string_view name, int max_label) {
  WEFT_ASSIGN_OR_RETURN(Tensor labels, ParseIdx(bytes, name, kLabels, 1, "labels"));
  for (int64_t i = 0; i < labels.num_elements(); ++i) {
    int label = labels.data<uint8_t>()[i];
    if (label > max_label)
      return InvalidArgument(name, ": label ", label, " of sample ", i, ", expected 0 ... ", max_label);
  }
  return labels;
}

absl::StatusOr<Tensor> ReadIdxImages(absl::string_view path) {
  WEFT_ASSIGN_OR_RETURN(std::string bytes, ReadMaybeGzip(path));
  return ParseIdxImages(bytes, path);
}

absl::StatusOr<Tensor> ReadIdxLabels(absl::string_view path, int max_label) {
  WEFT_ASSIGN_OR_RETURN(std::string bytes, ReadMaybeGzip(path));
  return ParseIdxLabels(bytes, path, max_label);
}

}  // namespace weft
