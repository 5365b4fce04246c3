// Element types. The list below is the one place where a dtype is declared: names, sizes and C++ types all derive from
// it.
#ifndef WEFT_CORE_DTYPE_H_
#define WEFT_CORE_DTYPE_H_

#include <cstdint>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace weft {

// X(enumerator, text name, C++ type). The order is part of the file format (graph/proto/graph.proto).
#define WEFT_FOR_EACH_DTYPE(X) \
  X(kFloat32, "f32", float)    \
  X(kFloat64, "f64", double)   \
  X(kInt32, "i32", int32_t)    \
  X(kInt64, "i64", int64_t)    \
  X(kUInt8, "u8", uint8_t)     \
  X(kBool, "bool", bool)

enum class DType : uint8_t {
#define WEFT_DTYPE_ENUMERATOR(id, name, type) id,
  WEFT_FOR_EACH_DTYPE(WEFT_DTYPE_ENUMERATOR)
#undef WEFT_DTYPE_ENUMERATOR
};

// Bytes of one element. A bool is one byte, 0 or 1.
int64_t SizeOf(DType dtype);

// "f32", "i64", ...
absl::string_view Name(DType dtype);

// The inverse of Name; InvalidArgument for anything else.
absl::StatusOr<DType> ParseDType(absl::string_view name);

bool IsFloat(DType dtype);
bool IsInteger(DType dtype);  // i32, i64, u8 (not bool)

template <typename T>
inline constexpr bool kIsElementType = false;
template <typename T>
struct DTypeOfImpl;
#define WEFT_DTYPE_OF(id, name, type)          \
  template <>                                  \
  struct DTypeOfImpl<type> {                   \
    static constexpr DType kValue = DType::id; \
  };                                           \
  template <>                                  \
  inline constexpr bool kIsElementType<type> = true;
WEFT_FOR_EACH_DTYPE(WEFT_DTYPE_OF)
#undef WEFT_DTYPE_OF

// The dtype of a C++ element type: kDTypeOf<float> == DType::kFloat32.
template <typename T>
inline constexpr DType kDTypeOf = DTypeOfImpl<T>::kValue;

// Calls f(T{}) with T the C++ element type of `dtype`, and returns what it returns.
template <typename F>
auto DispatchDType(DType dtype, F&& f) {
  switch (dtype) {
#define WEFT_DTYPE_CASE(id, name, type) \
  case DType::id:                       \
    return f(type{});
    WEFT_FOR_EACH_DTYPE(WEFT_DTYPE_CASE)
#undef WEFT_DTYPE_CASE
  }
  return f(float{});
}

}  // namespace weft

#endif  // WEFT_CORE_DTYPE_H_
