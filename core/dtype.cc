#include "core/dtype.h"

#include "core/status.h"

namespace weft {

int64_t SizeOf(DType dtype) {
  return DispatchDType(dtype, [](auto zero) { return static_cast<int64_t>(sizeof(zero)); });
}

absl::string_view Name(DType dtype) {
  switch (dtype) {
#define WEFT_DTYPE_NAME(id, name, type) \
  case DType::id:                       \
    return name;
    WEFT_FOR_EACH_DTYPE(WEFT_DTYPE_NAME)
#undef WEFT_DTYPE_NAME
  }
  return "<invalid dtype>";
}

absl::StatusOr<DType> ParseDType(absl::string_view name) {
#define WEFT_DTYPE_PARSE(id, text, type) \
  if (name == text) return DType::id;
  WEFT_FOR_EACH_DTYPE(WEFT_DTYPE_PARSE)
#undef WEFT_DTYPE_PARSE
  return InvalidArgument("unknown dtype \"", name.substr(0, 32), "\", expected one of",
#define WEFT_DTYPE_LIST(id, text, type) " " text
                         WEFT_FOR_EACH_DTYPE(WEFT_DTYPE_LIST));
#undef WEFT_DTYPE_LIST
}

bool IsFloat(DType dtype) { return dtype == DType::kFloat32 || dtype == DType::kFloat64; }

bool IsInteger(DType dtype) { return dtype == DType::kInt32 || dtype == DType::kInt64 || dtype == DType::kUInt8; }

}  // namespace weft
