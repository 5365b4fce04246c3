#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "core/status.h"
#include "graph/proto/safetensors.h"
#include "graph/text/literal.h"

namespace weft {
namespace {

absl::string_view DTypeName(DType dtype) {
  switch (dtype) {
    case DType::kFloat32:
      return "F32";
    case DType::kFloat64:
      return "F64";
    case DType::kInt32:
      return "I32";
    case DType::kInt64:
      return "I64";
    case DType::kUInt8:
      return "U8";
    case DType::kBool:
      return "BOOL";
  }
  return "";
}

// Only what JSON must escape: quotes, backslashes, control characters.
absl::Status AppendJsonString(absl::string_view text, std::string* out) {
  if (!IsUtf8(text)) return InvalidArgument("safetensors: ", Quote(text), " is not UTF-8");
  *out += '"';
  for (char c : text) {
    if (c == '"' || c == '\\') {
      *out += {'\\', c};
    } else if (static_cast<unsigned char>(c) < 0x20) {
      absl::StrAppendFormat(out, "\\u%04x", static_cast<unsigned char>(c));
    } else {
      *out += c;
    }
  }
  *out += '"';
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::string> WriteSafetensors(absl::Span<const NamedTensor> tensors,
                                             const absl::btree_map<std::string, std::string>& metadata) {
  std::vector<const NamedTensor*> sorted;
  for (const NamedTensor& tensor : tensors) sorted.push_back(&tensor);
  std::sort(sorted.begin(), sorted.end(), [](const NamedTensor* a, const NamedTensor* b) {
    const int64_t size_a = SizeOf(a->second.dtype()), size_b = SizeOf(b->second.dtype());
    return size_a != size_b ? size_a > size_b : a->first < b->first;
  });
  std::vector<absl::string_view> names;
  for (const NamedTensor& tensor : tensors) names.push_back(tensor.first);
  std::sort(names.begin(), names.end());
  if (auto twice = std::adjacent_find(names.begin(), names.end()); twice != names.end()) {
    return InvalidArgument("safetensors: the name ", Quote(*twice), " twice");
  }

  std::string file(8, '\0');
  file += '{';
  const char* separator = "";
  if (!metadata.empty()) {
    file += "\"__metadata__\":{";
    for (const auto& [key, value] : metadata) {
      file += separator;
      WEFT_RETURN_IF_ERROR(AppendJsonString(key, &file));
      file += ':';
      WEFT_RETURN_IF_ERROR(AppendJsonString(value, &file));
      separator = ",";
    }
    file += '}';
  }
  int64_t end = 0;
  for (const NamedTensor* tensor : sorted) {
    if (tensor->first == "__metadata__") return InvalidArgument("safetensors: a tensor named __metadata__");
    const int64_t begin = end;
    end += tensor->second.num_bytes();
    file += separator;
    WEFT_RETURN_IF_ERROR(AppendJsonString(tensor->first, &file));
    absl::StrAppend(&file, ":{\"dtype\":\"", DTypeName(tensor->second.dtype()),
                    "\",\"shape\":", DimsToString(tensor->second.dims()), ",\"data_offsets\":[", begin, ",", end, "]}");
    separator = ",";
  }
  file += '}';
  file.append((8 - file.size() % 8) % 8, ' ');
  const size_t length = file.size() - 8;
  if (length > static_cast<size_t>(kMaxSafetensorsHeader)) {
    return InvalidArgument("a safetensors header of ", length, " bytes, expected at most ", kMaxSafetensorsHeader);
  }
  for (int i = 0; i < 8; ++i) file[i] = static_cast<char>(length >> (8 * i) & 0xff);
  file.reserve(file.size() + static_cast<size_t>(end));
  for (const NamedTensor* tensor : sorted) {
    file.append(static_cast<const char*>(tensor->second.raw()), static_cast<size_t>(tensor->second.num_bytes()));
  }
  return file;
}

}  // namespace weft
