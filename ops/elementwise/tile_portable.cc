// Tile kernels of integers and bools: portable loops that the compiler may vectorise. Bools are bytes 0 and 1.
#include <cmath>
#include <cstdint>
#include <limits>
#include <type_traits>

#include "ops/elementwise/tiles.h"

namespace weft {
namespace {

// Arithmetic that wraps, in an unsigned type at least as wide as int so that nothing is promoted to a signed one.
template <typename T>
using Wide = std::conditional_t<sizeof(T) == 8, uint64_t, uint32_t>;

namespace body {

template <typename T>
T Neg(T x) {
  return static_cast<T>(Wide<T>{0} - static_cast<Wide<T>>(x));
}
template <typename T>
T Abs(T x) {
  return x < 0 ? Neg(x) : x;
}
template <typename T>
T Sign(T x) {
  return static_cast<T>((x > 0) - (x < 0));
}
template <typename T>
T Square(T x) {
  return static_cast<T>(static_cast<Wide<T>>(x) * static_cast<Wide<T>>(x));
}
template <typename T>
T Add(T a, T b) {
  return static_cast<T>(static_cast<Wide<T>>(a) + static_cast<Wide<T>>(b));
}
template <typename T>
T Sub(T a, T b) {
  return static_cast<T>(static_cast<Wide<T>>(a) - static_cast<Wide<T>>(b));
}
template <typename T>
T Mul(T a, T b) {
  return static_cast<T>(static_cast<Wide<T>>(a) * static_cast<Wide<T>>(b));
}
template <typename T>
T Div(T a, T b) {
  if (b == 0) return 0;
  if constexpr (std::is_signed_v<T>) {
    if (b == -1) return Neg(a);  // the lowest number / -1 would trap
  }
  return static_cast<T>(a / b);
}
template <typename T>
T Mod(T a, T b) {
  if (b == 0) return 0;
  if constexpr (std::is_signed_v<T>) {
    if (b == -1) return 0;
  }
  const T r = static_cast<T>(a % b);
  return r != 0 && (r < 0) != (b < 0) ? static_cast<T>(r + b) : r;
}
template <typename T>
T Minimum(T a, T b) {
  return a < b ? a : b;
}
template <typename T>
T Maximum(T a, T b) {
  return a > b ? a : b;
}
template <typename T>
bool Equal(T a, T b) {
  return a == b;
}
template <typename T>
bool NotEqual(T a, T b) {
  return a != b;
}
template <typename T>
bool Less(T a, T b) {
  return a < b;
}
template <typename T>
bool LessEqual(T a, T b) {
  return a <= b;
}
template <typename T>
bool Greater(T a, T b) {
  return a > b;
}
template <typename T>
bool GreaterEqual(T a, T b) {
  return a >= b;
}
// Of bytes 0 and 1.
inline uint8_t LogicalNot(uint8_t x) { return x ^ 1; }
inline uint8_t LogicalAnd(uint8_t a, uint8_t b) { return a & b; }
inline uint8_t LogicalOr(uint8_t a, uint8_t b) { return a | b; }
inline uint8_t LogicalXor(uint8_t a, uint8_t b) { return a ^ b; }

}  // namespace body

template <typename T>
const T* In(const TileArgs& args, int i) {
  return static_cast<const T*>(args.in[i]);
}

template <typename T, typename Y, Y (*f)(T)>
void Unary(const TileArgs& args) {
  const T* x = In<T>(args, 0);
  Y* y = static_cast<Y*>(args.out);
  for (int64_t i = 0; i < args.n; ++i) y[i] = f(x[i]);
}

template <typename T, typename Y, Y (*f)(T, T)>
void Binary(const TileArgs& args) {
  const T *a = In<T>(args, 0), *b = In<T>(args, 1);
  Y* y = static_cast<Y*>(args.out);
  for (int64_t i = 0; i < args.n; ++i) y[i] = f(a[i], b[i]);
}

template <typename T>
void Select(const TileArgs& args) {
  const uint8_t* condition = In<uint8_t>(args, 0);
  const T *a = In<T>(args, 1), *b = In<T>(args, 2);
  T* y = static_cast<T*>(args.out);
  for (int64_t i = 0; i < args.n; ++i) y[i] = condition[i] != 0 ? a[i] : b[i];
}

// The nearest T, 0 for NaN. 2^63 is a double, the largest int64 is none.
template <typename T>
T Saturate(double v) {
  if (std::isnan(v)) return 0;
  if (v >= static_cast<double>(std::numeric_limits<T>::max())) return std::numeric_limits<T>::max();
  if (v <= static_cast<double>(std::numeric_limits<T>::min())) return std::numeric_limits<T>::min();
  return static_cast<T>(v);
}

template <typename T>
void Clip(const TileArgs& args) {
  const T low = Saturate<T>(args.params[0]), high = Saturate<T>(args.params[1]);
  const T* x = In<T>(args, 0);
  T* y = static_cast<T*>(args.out);
  for (int64_t i = 0; i < args.n; ++i) y[i] = body::Minimum(body::Maximum(x[i], low), high);
}

template <typename From, typename To>
void Cast(const TileArgs& args) {
  const From* x = In<From>(args, 0);
  To* y = static_cast<To*>(args.out);
  for (int64_t i = 0; i < args.n; ++i) {
    if constexpr (std::is_same_v<To, bool>) {
      y[i] = x[i] != 0;
    } else if constexpr (std::is_floating_point_v<From>) {
      y[i] = Saturate<To>(static_cast<double>(x[i]));
    } else {
      y[i] = static_cast<To>(x[i]);
    }
  }
}

// Ops of integers, by dtype.
template <typename T>
TileFn IntegerTile(ElementwiseOp op) {
  switch (op) {
#define WEFT_UNARY(Function, op, Class, Diff, ulp, cycles, formula) WEFT_UNARY_##Class(Function)
#define WEFT_UNARY_Float(Function)
#define WEFT_UNARY_Bool(Function)
#define WEFT_UNARY_Numeric(Function) \
  case k##Function##Op:              \
    return &Unary<T, T, &body::Function<T>>;
#define WEFT_BINARY(Function, op, Class, Diff, commutative, ulp, cycles, formula) WEFT_BINARY_##Class(Function)
#define WEFT_BINARY_Float(Function)
#define WEFT_BINARY_Bool(Function)
#define WEFT_BINARY_Numeric(Function) \
  case k##Function##Op:               \
    return &Binary<T, T, &body::Function<T>>;
#define WEFT_COMPARE(Function, op, commutative, cycles, formula) \
  case k##Function##Op:                                          \
    return &Binary<T, bool, &body::Function<T>>;
#include "ops/elementwise/elementwise_ops.inc"
#undef WEFT_UNARY_Float
#undef WEFT_UNARY_Bool
#undef WEFT_UNARY_Numeric
#undef WEFT_BINARY_Float
#undef WEFT_BINARY_Bool
#undef WEFT_BINARY_Numeric
    case kClipOp:
      return &Clip<T>;
    case kSelectOp:
      return &Select<T>;
    default:
      return nullptr;
  }
}

TileFn BoolTile(ElementwiseOp op) {
  switch (op) {
#define WEFT_UNARY(Function, op, Class, Diff, ulp, cycles, formula) WEFT_UNARY_##Class(Function)
#define WEFT_UNARY_Float(Function)
#define WEFT_UNARY_Numeric(Function)
#define WEFT_UNARY_Bool(Function) \
  case k##Function##Op:           \
    return &Unary<uint8_t, uint8_t, &body::Function>;
#define WEFT_BINARY(Function, op, Class, Diff, commutative, ulp, cycles, formula) WEFT_BINARY_##Class(Function)
#define WEFT_BINARY_Float(Function)
#define WEFT_BINARY_Numeric(Function)
#define WEFT_BINARY_Bool(Function) \
  case k##Function##Op:            \
    return &Binary<uint8_t, uint8_t, &body::Function>;
#define WEFT_COMPARE(Function, op, commutative, cycles, formula) \
  case k##Function##Op:                                          \
    return &Binary<uint8_t, bool, &body::Function<uint8_t>>;
#include "ops/elementwise/elementwise_ops.inc"
#undef WEFT_UNARY_Float
#undef WEFT_UNARY_Bool
#undef WEFT_UNARY_Numeric
#undef WEFT_BINARY_Float
#undef WEFT_BINARY_Bool
#undef WEFT_BINARY_Numeric
    case kSelectOp:
      return &Select<uint8_t>;
    default:
      return nullptr;
  }
}

template <typename From>
TileFn CastFrom(DType to) {
  switch (to) {
    case DType::kInt32:
      return &Cast<From, int32_t>;
    case DType::kInt64:
      return &Cast<From, int64_t>;
    case DType::kUInt8:
      return &Cast<From, uint8_t>;
    case DType::kBool:
      return &Cast<From, bool>;
    case DType::kFloat32:
      if constexpr (!std::is_floating_point_v<From>) return &Cast<From, float>;
      return nullptr;
    default:
      return nullptr;
  }
}

}  // namespace

TileFn PortableTile(ElementwiseOp op, DType dtype) {
  switch (dtype) {
    case DType::kInt32:
      return IntegerTile<int32_t>(op);
    case DType::kInt64:
      return IntegerTile<int64_t>(op);
    case DType::kUInt8:
      return IntegerTile<uint8_t>(op);
    case DType::kBool:
      return BoolTile(op);
    default:
      return nullptr;
  }
}

TileFn PortableCast(DType from, DType to) {
  switch (from) {
    case DType::kFloat32:
      return CastFrom<float>(to);
    case DType::kInt32:
      return CastFrom<int32_t>(to);
    case DType::kInt64:
      return CastFrom<int64_t>(to);
    case DType::kUInt8:
      return CastFrom<uint8_t>(to);
    case DType::kBool:
      return CastFrom<bool>(to);
    default:
      return nullptr;
  }
}

}  // namespace weft
