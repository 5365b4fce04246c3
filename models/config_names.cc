#include "models/config_names.h"

#include <iterator>

#include "absl/strings/str_cat.h"
#include "core/status.h"

namespace weft {
namespace {

struct Entry {
  DType dtype;
  absl::string_view name;
};
constexpr Entry kNames[] = {
    {DType::kFloat32, "float32"}, {DType::kFloat64, "float64"}, {DType::kInt32, "int32"},
    {DType::kInt64, "int64"},     {DType::kUInt8, "uint8"},     {DType::kBool, "bool"},
};

}  // namespace

absl::string_view KerasName(DType dtype) {
  for (const Entry& entry : kNames) {
    if (entry.dtype == dtype) return entry.name;
  }
  return "";
}

absl::StatusOr<DType> ParseKerasName(absl::string_view name) {
  std::string all;
  for (const Entry& entry : kNames) {
    if (entry.name == name) return entry.dtype;
    absl::StrAppend(&all, all.empty() ? "" : ", ", entry.name);
  }
  return InvalidArgument("unknown dtype '", name, "'; there are ", all);
}

}  // namespace weft
