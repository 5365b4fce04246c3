// Tensor: a row-major array with its dtype and dims. Value semantics with shared, 64-byte aligned storage:
// copying a Tensor shares the bytes; a writer calls mutable_data only on a tensor that it made itself and has not
// shared. TensorView / MutableTensorView: the same without ownership, for data that belongs to the caller.
#ifndef WEFT_CORE_TENSOR_H_
#define WEFT_CORE_TENSOR_H_

#include <cassert>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "core/buffer.h"
#include "core/dtype.h"
#include "core/shape.h"

namespace weft {

class Tensor {
 public:
  Tensor() = default;  // a float32 tensor of dims [0]

  // Zero-filled. InvalidArgument for negative dims or more than kMaxElements; ResourceExhausted if memory is not to be
  // had.
  static absl::StatusOr<Tensor> Create(DType dtype, absl::Span<const int64_t> dims);
  // The same without the zeros: for what is written in full before it is read.
  static absl::StatusOr<Tensor> CreateUninitialized(DType dtype, absl::Span<const int64_t> dims);
  // A copy of `values`; their number must be that of dims.
  template <typename T>
  static absl::StatusOr<Tensor> FromVector(absl::Span<const T> values, absl::Span<const int64_t> dims) {
    return FromBytes(kDTypeOf<T>, dims, values.data(), values.size() * sizeof(T));
  }
  // A copy of `size` bytes, row-major little-endian. InvalidArgument if that is not the size of dims, or if a bool is
  // neither 0 nor 1.
  static absl::StatusOr<Tensor> FromBytes(DType dtype, absl::Span<const int64_t> dims, const void* bytes, size_t size);
  // A scalar of the dtype, `value` converted as static_cast does; out of an integer's range the nearest end, NaN gives
  // 0; any value but 0 is true. (Like a std container, these and Clone throw std::bad_alloc if there is no memory.)
  static Tensor Scalar(DType dtype, double value);
  static Tensor ScalarInt(DType dtype, int64_t value);

  DType dtype() const { return dtype_; }
  const Dims& dims() const { return dims_; }
  int rank() const { return static_cast<int>(dims_.size()); }
  int64_t num_elements() const { return num_elements_; }
  int64_t num_bytes() const { return num_elements_ * SizeOf(dtype_); }

  const void* raw() const { return buffer_ ? buffer_->data() : nullptr; }
  void* mutable_raw() { return buffer_ ? buffer_->data() : nullptr; }
  // REQUIRES: T is the C++ type of dtype() (checked in debug builds).
  template <typename T>
  absl::Span<const T> data() const {
    assert(kDTypeOf<T> == dtype_);
    return absl::Span<const T>(static_cast<const T*>(raw()),
                               static_cast<size_t>(num_elements_));  // {} would make a list of bools
  }
  template <typename T>
  absl::Span<T> mutable_data() {
    assert(kDTypeOf<T> == dtype_);
    return absl::Span<T>(static_cast<T*>(mutable_raw()), static_cast<size_t>(num_elements_));
  }
  // Element i in row-major order, converted to double or int64 (saturating as in Scalar), whatever the dtype. REQUIRES:
  // 0 <= i < num_elements().
  double AtDouble(int64_t i) const;
  int64_t AtInt(int64_t i) const;

  // The same bytes, shared, under other dims of the same number of elements.
  absl::StatusOr<Tensor> Reshaped(absl::Span<const int64_t> dims) const;
  // Rows [begin, end) of the first axis, copied. InvalidArgument for a scalar, or where not 0 <= begin <= end <=
  // dims[0].
  absl::StatusOr<Tensor> Rows(int64_t begin, int64_t end) const;
  // A deep copy.
  Tensor Clone() const;

  // dtype, dims and bytes are all equal (so NaN equals the same NaN, and -0 differs from +0).
  friend bool BitEqual(const Tensor& a, const Tensor& b);
  // "f32[2,2] {{1, 2}, {3, 4}}"; of more than 64 elements only some are shown. Floats have as many digits as tell them
  // apart from their neighbours.
  std::string ToString() const;

 private:
  DType dtype_ = DType::kFloat32;
  Dims dims_ = {0};
  int64_t num_elements_ = 0;
  std::shared_ptr<Buffer> buffer_;
};

bool BitEqual(const Tensor& a, const Tensor& b);

struct TensorView {
  TensorView() = default;
  TensorView(const Tensor& t) : dtype(t.dtype()), dims(t.dims()), data(t.raw()) {}  // NOLINT
  TensorView(DType dtype, absl::Span<const int64_t> dims, const void* data)
      : dtype(dtype), dims(dims.begin(), dims.end()), data(data) {}
  DType dtype = DType::kFloat32;
  Dims dims;
  const void* data = nullptr;  // row-major, any alignment
};

struct MutableTensorView {
  MutableTensorView() = default;
  MutableTensorView(Tensor& t) : dtype(t.dtype()), dims(t.dims()), data(t.mutable_raw()) {}  // NOLINT
  MutableTensorView(DType dtype, absl::Span<const int64_t> dims, void* data)
      : dtype(dtype), dims(dims.begin(), dims.end()), data(data) {}
  DType dtype = DType::kFloat32;
  Dims dims;
  void* data = nullptr;
};

}  // namespace weft

#endif  // WEFT_CORE_TENSOR_H_
