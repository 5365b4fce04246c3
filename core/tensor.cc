#include "core/tensor.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <new>
#include <type_traits>
#include <utility>

#include "core/status.h"

namespace weft {
namespace {

template <typename T, typename From>
T Saturate(From value) {
  if constexpr (std::is_same_v<T, bool>) {
    return value != 0;
  } else if constexpr (std::is_floating_point_v<T>) {
    return static_cast<T>(value);
  } else if constexpr (std::is_floating_point_v<From>) {
    if (std::isnan(value)) return 0;
    // The ends of int64 are not exact in double: 2^63 is the first value that does not fit.
    if (value >= static_cast<From>(std::numeric_limits<T>::max())) return std::numeric_limits<T>::max();
    if (value <= static_cast<From>(std::numeric_limits<T>::min())) return std::numeric_limits<T>::min();
    return static_cast<T>(value);
  } else {
    return static_cast<T>(std::clamp<int64_t>(value, std::numeric_limits<T>::min(), std::numeric_limits<T>::max()));
  }
}

template <typename To>
To ElementAs(DType dtype, const void* data, int64_t i) {
  return DispatchDType(dtype, [&](auto zero) {
    using T = decltype(zero);
    return Saturate<To>(static_cast<const T*>(data)[i]);
  });
}

// For results that are small, or copies of what fits in memory: where a Status can't be returned, bad_alloc as a std
// container would.
template <typename T>
T ValueOrBadAlloc(absl::StatusOr<T> value) {
  if (!value.ok()) throw std::bad_alloc();
  return *std::move(value);
}

template <typename From>
Tensor MakeScalar(DType dtype, From value) {
  Tensor t = ValueOrBadAlloc(Tensor::Create(dtype, {}));
  DispatchDType(dtype, [&](auto zero) {
    using T = decltype(zero);
    *static_cast<T*>(t.mutable_raw()) = Saturate<T>(value);
  });
  return t;
}

}  // namespace

absl::StatusOr<Tensor> Tensor::Create(DType dtype, absl::Span<const int64_t> dims) {
  Tensor t;
  WEFT_ASSIGN_OR_RETURN(t.num_elements_, CheckedNumElements(dims));
  WEFT_ASSIGN_OR_RETURN(t.buffer_, Buffer::Allocate(t.num_elements_ * SizeOf(dtype)));
  t.dtype_ = dtype;
  t.dims_.assign(dims.begin(), dims.end());
  return t;
}

absl::StatusOr<Tensor> Tensor::CreateUninitialized(DType dtype, absl::Span<const int64_t> dims) {
  Tensor t;
  WEFT_ASSIGN_OR_RETURN(t.num_elements_, CheckedNumElements(dims));
  WEFT_ASSIGN_OR_RETURN(t.buffer_, Buffer::AllocateUninitialized(t.num_elements_ * SizeOf(dtype)));
  t.dtype_ = dtype;
  t.dims_.assign(dims.begin(), dims.end());
  return t;
}

absl::StatusOr<Tensor> Tensor::FromBytes(DType dtype, absl::Span<const int64_t> dims, const void* bytes, size_t size) {
  // The sizes are compared before anything is allocated: dims may come from a file.
  WEFT_ASSIGN_OR_RETURN(int64_t elements, CheckedNumElements(dims));
  if (static_cast<uint64_t>(elements * SizeOf(dtype)) != size) {
    return InvalidArgument(Name(dtype), DimsToString(dims), " takes ", elements * SizeOf(dtype), " bytes, got ", size);
  }
  if (dtype == DType::kBool) {
    const auto* flags = static_cast<const unsigned char*>(bytes);
    for (size_t i = 0; i < size; ++i) {
      if (flags[i] > 1) return InvalidArgument("bool at index ", i, " is ", flags[i], ", expected 0 or 1");
    }
  }
  WEFT_ASSIGN_OR_RETURN(Tensor t, CreateUninitialized(dtype, dims));
  if (size > 0) std::memcpy(t.mutable_raw(), bytes, size);
  return t;
}

Tensor Tensor::Scalar(DType dtype, double value) { return MakeScalar(dtype, value); }
Tensor Tensor::ScalarInt(DType dtype, int64_t value) { return MakeScalar(dtype, value); }

double Tensor::AtDouble(int64_t i) const { return ElementAs<double>(dtype_, raw(), i); }
int64_t Tensor::AtInt(int64_t i) const { return ElementAs<int64_t>(dtype_, raw(), i); }

absl::StatusOr<Tensor> Tensor::Reshaped(absl::Span<const int64_t> dims) const {
  WEFT_ASSIGN_OR_RETURN(int64_t elements, CheckedNumElements(dims));
  if (elements != num_elements_) {
    return InvalidArgument("cannot reshape ", DimsToString(dims_), " (", num_elements_, " elements) to ",
                           DimsToString(dims), " (", elements, ")");
  }
  Tensor t = *this;
  t.dims_.assign(dims.begin(), dims.end());
  return t;
}

absl::StatusOr<Tensor> Tensor::Rows(int64_t begin, int64_t end) const {
  if (dims_.empty()) return InvalidArgument("a scalar has no rows");
  if (begin < 0 || end < begin || end > dims_[0]) {
    return InvalidArgument("rows [", begin, ", ", end, ") of a tensor with ", dims_[0], " rows");
  }
  Dims dims = dims_;
  dims[0] = end - begin;
  WEFT_ASSIGN_OR_RETURN(Tensor t, Create(dtype_, dims));
  if (t.num_elements_ > 0) {
    const int64_t row_bytes = num_bytes() / dims_[0];
    std::memcpy(t.mutable_raw(), static_cast<const char*>(raw()) + begin * row_bytes, t.num_bytes());
  }
  return t;
}

Tensor Tensor::Clone() const {
  Tensor t = ValueOrBadAlloc(Create(dtype_, dims_));
  if (num_elements_ > 0) std::memcpy(t.mutable_raw(), raw(), num_bytes());
  return t;
}

bool BitEqual(const Tensor& a, const Tensor& b) {
  if (a.dtype_ != b.dtype_ || a.dims_ != b.dims_) return false;
  return a.num_elements_ == 0 || std::memcmp(a.raw(), b.raw(), a.num_bytes()) == 0;
}

}  // namespace weft
