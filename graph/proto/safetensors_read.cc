#include <algorithm>
#include <limits>
#include <tuple>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "core/status.h"
#include "graph/proto/safetensors.h"
#include "nlohmann/json.hpp"

namespace weft {
namespace {

std::string Shown(absl::string_view name) {
  return absl::StrCat("'", absl::Utf8SafeCHexEscape(name.substr(0, 100)), name.size() > 100 ? "..." : "", "'");
}

absl::StatusOr<DType> DTypeFrom(const std::string& name, const std::string& tensor) {
  static constexpr std::pair<absl::string_view, DType> kKnown[] = {{"F32", DType::kFloat32}, {"F64", DType::kFloat64},
                                                                   {"I32", DType::kInt32},   {"I64", DType::kInt64},
                                                                   {"U8", DType::kUInt8},    {"BOOL", DType::kBool}};
  for (const auto& [known, dtype] : kKnown) {
    if (name == known) return dtype;
  }
  for (absl::string_view other : {"F16", "BF16", "I8", "I16", "U16", "U32", "U64", "F8_E4M3", "F8_E5M2", "C64"}) {
    if (name == other)
      return Unimplemented("tensor ", Shown(tensor), " has dtype ", name, ", which Weft does not have");
  }
  return InvalidArgument("tensor ", Shown(tensor), " has the unknown dtype ", Shown(name));
}

// Takes the header event by event, so that a hostile one is refused where it first leaves the form and nothing but its
// own entries is ever held.
class HeaderHandler : public nlohmann::json_sax<nlohmann::json> {
 public:
  explicit HeaderHandler(SafetensorsHeader* header) : header_(header) {}

  absl::Status error = absl::OkStatus();

  bool null() override { return Fail("null"); }
  bool boolean(bool) override { return Fail("true or false"); }
  bool number_integer(number_integer_t) override { return Fail("a negative number"); }
  bool number_float(number_float_t, const string_t&) override { return Fail("a number that is no integer of 64 bits"); }
  bool binary(binary_t&) override { return Fail("binary data"); }

  bool number_unsigned(number_unsigned_t value) override {
    if (place_ == kOffsets) {
      if (value > static_cast<uint64_t>(std::numeric_limits<int64_t>::max())) return Fail("a huge offset");
      if (offsets_ == 2) return Fail("a third offset");
      (offsets_++ == 0 ? entry_.begin : entry_.end) = static_cast<int64_t>(value);
      return true;
    }
    if (place_ != kShape) return Fail("a number");
    if (value > static_cast<uint64_t>(kMaxElements)) return Fail("a huge dim");
    if (entry_.dims.size() == kMaxRank) return Fail(absl::StrCat("a rank past ", kMaxRank));
    entry_.dims.push_back(static_cast<int64_t>(value));
    return true;
  }

  bool string(string_t& value) override {
    if (place_ == kMetadata) {
      header_->metadata[key_] = value;
      return true;
    }
    if (place_ != kDType) return Fail("a string");
    absl::StatusOr<DType> dtype = DTypeFrom(value, entry_.name);
    if (!dtype.ok()) return Fail(dtype.status());
    entry_.dtype = *dtype;
    place_ = kTensor;
    return true;
  }

  bool start_object(size_t) override {
    if (place_ == kStart) {
      place_ = kTop;
    } else if (place_ == kTop && key_ == "__metadata__") {
      place_ = kMetadata;
    } else if (place_ == kTop) {
      place_ = kTensor;
      entry_ = SafetensorsEntry();
      entry_.name = key_;
      has_dtype_ = has_shape_ = has_offsets_ = false;
    } else {
      return Fail("an object");
    }
    return true;
  }

  bool end_object() override {
    if (place_ == kTensor) {
      if (!has_dtype_ || !has_shape_ || !has_offsets_) {
        return Fail(InvalidArgument("tensor ", Shown(entry_.name), " lacks dtype, shape or data_offsets"));
      }
      header_->entries.push_back(std::move(entry_));
    }
    place_ = kTop;
    return true;
  }

  bool start_array(size_t) override {
    if (place_ == kShapeNext) {
      place_ = kShape;
    } else if (place_ == kOffsetsNext) {
      place_ = kOffsets;
      offsets_ = 0;
    } else {
      return Fail("an array");
    }
    return true;
  }

  bool end_array() override {
    if (place_ == kOffsets && offsets_ != 2) return Fail("data_offsets that are not two");
    place_ = kTensor;
    return true;
  }

  bool key(string_t& value) override {
    if (place_ == kTensor) {
      bool* has = nullptr;
      if (value == "dtype") has = &has_dtype_, place_ = kDType;
      if (value == "shape") has = &has_shape_, place_ = kShapeNext;
      if (value == "data_offsets") has = &has_offsets_, place_ = kOffsetsNext;
      if (has == nullptr) return Fail(absl::StrCat("the key ", Shown(value)));
      if (*has) return Fail(absl::StrCat("the key ", Shown(value), " twice"));
      *has = true;
      return true;
    }
    if (place_ == kMetadata && header_->metadata.contains(value)) {
      return Fail(absl::StrCat("the key ", Shown(value), " twice"));
    }
    if (place_ == kTop && !names_.insert(value).second) return Fail(absl::StrCat("the name ", Shown(value), " twice"));
    if (place_ != kTop && place_ != kMetadata) return Fail("a key");
    key_ = value;
    return true;
  }

  bool parse_error(size_t position, const std::string&, const nlohmann::detail::exception& exception) override {
    absl::string_view what = exception.what();
    return Fail(InvalidArgument("no JSON at character ", position, ": ", what.substr(0, 200)));
  }

 private:
  enum Place { kStart, kTop, kMetadata, kTensor, kDType, kShapeNext, kShape, kOffsetsNext, kOffsets };

  bool Fail(absl::Status status) {
    error = Annotate(status, "safetensors header");
    return false;
  }
  bool Fail(absl::string_view found) {
    const bool in_tensor = place_ > kMetadata;
    return Fail(InvalidArgument(found, " is out of place", in_tensor ? " in tensor " : "",
                                in_tensor ? Shown(entry_.name) : ""));
  }

  SafetensorsHeader* const header_;
  Place place_ = kStart;
  std::string key_;
  absl::flat_hash_set<std::string> names_;
  SafetensorsEntry entry_;
  bool has_dtype_ = false, has_shape_ = false, has_offsets_ = false;
  int offsets_ = 0;
};

// Offsets against shapes, and against each other: in the order of their bytes they leave no hole and do not overlap.
absl::Status CheckOffsets(int64_t data_begin, int64_t file_size, std::vector<SafetensorsEntry>* entries) {
  const int64_t data_size = file_size - data_begin;
  for (SafetensorsEntry& entry : *entries) {
    auto fail = [&](const auto&... what) {
      return InvalidArgument("tensor ", Shown(entry.name), " at [", entry.begin, ",", entry.end, "): ", what...);
    };
    if (entry.begin > entry.end) return fail("its end is before its begin");
    if (entry.end > data_size) return fail("the file has only ", data_size, " bytes of data: it is truncated");
    absl::StatusOr<int64_t> n = CheckedNumElements(entry.dims);
    if (!n.ok()) return Annotate(n.status(), absl::StrCat("tensor ", Shown(entry.name)));
    if (*n * SizeOf(entry.dtype) != entry.end - entry.begin) {
      return fail("expected ", *n * SizeOf(entry.dtype), " bytes for ", Name(entry.dtype), DimsToString(entry.dims));
    }
  }
  // Empty tensors come before the one that begins where they are; the names make the order the same for all of them.
  std::sort(entries->begin(), entries->end(), [](const SafetensorsEntry& a, const SafetensorsEntry& b) {
    return std::tie(a.begin, a.end, a.name) < std::tie(b.begin, b.end, b.name);
  });
  int64_t end = 0;
  for (SafetensorsEntry& entry : *entries) {
    if (entry.begin != end) {
      return InvalidArgument("tensor ", Shown(entry.name), " begins at byte ", entry.begin, ", expected ", end,
                             entry.begin < end ? ": it overlaps the one before" : ": bytes of no tensor lie before it");
    }
    end = entry.end;
    entry.begin += data_begin;
    entry.end += data_begin;
  }
  if (end != data_size) return InvalidArgument(data_size - end, " bytes behind the last tensor");
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<SafetensorsHeader> ReadSafetensorsHeader(absl::string_view file) {
  if (file.size() < 8) return InvalidArgument("a safetensors file of ", file.size(), " bytes, expected at least 8");
  uint64_t length = 0;
  for (int i = 7; i >= 0; --i) length = length << 8 | static_cast<unsigned char>(file[i]);
  if (length > static_cast<uint64_t>(kMaxSafetensorsHeader)) {
    return InvalidArgument("a safetensors header of ", length, " bytes, expected at most ", kMaxSafetensorsHeader);
  }
  if (length > file.size() - 8) {
    return InvalidArgument("a safetensors header of ", length, " bytes in a file of ", file.size(), " bytes");
  }
  const absl::string_view text = file.substr(8, length);
  if (text.empty() || text[0] != '{') return InvalidArgument("the safetensors header does not begin with {");
  // No byte of JSON is 0; the parser would take one for the end.
  if (text.find('\0') != absl::string_view::npos) return InvalidArgument("the safetensors header holds a zero byte");
  SafetensorsHeader header;
  HeaderHandler handler(&header);
  const bool parsed = nlohmann::json::sax_parse(text.data(), text.data() + text.size(), &handler);
  if (!handler.error.ok()) return handler.error;
  if (!parsed) return InvalidArgument("the safetensors header is no JSON");
  WEFT_RETURN_IF_ERROR(
      CheckOffsets(static_cast<int64_t>(8 + length), static_cast<int64_t>(file.size()), &header.entries));
  return header;
}

absl::StatusOr<Safetensors> ReadSafetensors(absl::string_view file) {
  WEFT_ASSIGN_OR_RETURN(SafetensorsHeader header, ReadSafetensorsHeader(file));
  Safetensors result;
  result.metadata = std::move(header.metadata);
  for (SafetensorsEntry& entry : header.entries) {
    absl::StatusOr<Tensor> tensor =
        Tensor::FromBytes(entry.dtype, entry.dims, file.data() + entry.begin, entry.end - entry.begin);
    if (!tensor.ok()) return Annotate(tensor.status(), absl::StrCat("tensor ", Shown(entry.name)));
    result.tensors.emplace_back(std::move(entry.name), *std::move(tensor));
  }
  return result;
}

}  // namespace weft
