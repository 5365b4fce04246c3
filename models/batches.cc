#include "models/batches.h"

#include <cmath>
#include <cstring>
#include <limits>
#include <type_traits>

#include "core/status.h"

namespace weft {
namespace {

// Whether out, the conversion of v, is v again. The conversion itself is defined for every v that is in range.
template <typename From, typename To>
bool ConvertOne(From v, To& out) {
  if constexpr (std::is_same_v<From, To>) {
    out = v;
    return true;
  } else if constexpr (std::is_floating_point_v<From> && std::is_floating_point_v<To>) {
    if (std::isfinite(v) && std::abs(v) > static_cast<double>(std::numeric_limits<To>::max())) return false;
    out = static_cast<To>(v);
    return std::isnan(v) || static_cast<From>(out) == v;
  } else if constexpr (std::is_floating_point_v<From>) {
    // 2^63 and 2^31 are floats, the largest integers are not.
    const double limit = std::is_same_v<To, bool> ? 2 : std::ldexp(1.0, std::numeric_limits<To>::digits);
    const double low = std::is_signed_v<To> ? -limit : 0;
    if (!(v >= low && v < limit)) return false;
    out = static_cast<To>(v);
    return static_cast<From>(out) == v;
  } else if constexpr (std::is_floating_point_v<To>) {
    out = static_cast<To>(v);
    if (out >= static_cast<To>(0x1p63)) return false;
    return static_cast<int64_t>(out) == static_cast<int64_t>(v);
  } else {
    out = static_cast<To>(v);
    return static_cast<int64_t>(out) == static_cast<int64_t>(v);
  }
}

}  // namespace

int64_t ConvertExactly(DType from, const void* in, DType to, void* out, int64_t n) {
  if (from == to) {
    if (n > 0) std::memcpy(out, in, static_cast<size_t>(n * SizeOf(to)));
    return n;
  }
  return DispatchDType(from, [&](auto from_zero) {
    return DispatchDType(to, [&](auto to_zero) -> int64_t {
      using From = decltype(from_zero);
      using To = decltype(to_zero);
      const From* source = static_cast<const From*>(in);
      To* target = static_cast<To*>(out);
      for (int64_t i = 0; i < n; ++i) {
        if (!ConvertOne(source[i], target[i])) return i;
      }
      return n;
    });
  });
}

absl::StatusOr<Batches> Batches::Create(std::vector<Column> columns, int64_t max_batch) {
  Batches batches;
  batches.columns_ = std::move(columns);
  for (const Column& column : batches.columns_) {
    Dims dims = {max_batch};
    dims.insert(dims.end(), column.row.begin(), column.row.end());
    batches.views_.emplace_back(column.dtype, dims, nullptr);
    batches.buffers_.push_back({Tensor(), std::move(dims), NumElements(column.row)});
  }
  return batches;
}

absl::StatusOr<std::byte*> Batches::BufferOf(size_t column) {
  Buffer& buffer = buffers_[column];
  if (buffer.tensor.dims() != buffer.dims) {
    const DType dtype = columns_[column].dtype;
    absl::StatusOr<Tensor> made = Tensor::Create(dtype, buffer.dims);
    if (!made.ok()) {
      return Annotate(made.status(),
                      absl::StrCat(columns_[column].name, ": a batch ", Name(dtype), DimsToString(buffer.dims)));
    }
    buffer.tensor = *std::move(made);
  }
  return static_cast<std::byte*>(buffer.tensor.mutable_raw());
}

void Batches::SetView(size_t column, int64_t rows, const void* data) {
  views_[column].dims[0] = rows;
  views_[column].data = data;
}

absl::Status Batches::Convert(size_t column, int64_t first_row, int64_t rows, std::byte* out) {
  const Column& from = columns_[column];
  const int64_t row_elements = buffers_[column].row_elements;
  const int64_t size = SizeOf(from.data.dtype);
  const std::byte* in = static_cast<const std::byte*>(from.data.data) + first_row * row_elements * size;
  const int64_t n = rows * row_elements;
  const int64_t bad = ConvertExactly(from.data.dtype, in, from.dtype, out, n);
  if (bad == n) return absl::OkStatus();
  absl::StatusOr<Tensor> value = Tensor::FromBytes(from.data.dtype, {}, in + bad * size, static_cast<size_t>(size));
  return InvalidArgument(from.name, ": the data are ", Name(from.data.dtype), ", the model takes ", Name(from.dtype),
                         ", which cannot hold the value ", value.ok() ? value->AtDouble(0) : 0.0, " of sample ",
                         first_row + bad / row_elements, " exactly; convert the data before");
}

absl::Status Batches::Gather(absl::Span<const int64_t> rows) {
  for (size_t c = 0; c < columns_.size(); ++c) {
    WEFT_ASSIGN_OR_RETURN(std::byte * out, BufferOf(c));
    const int64_t row_bytes = buffers_[c].row_elements * SizeOf(columns_[c].dtype);
    SetView(c, static_cast<int64_t>(rows.size()), out);
    for (int64_t row : rows) {
      WEFT_RETURN_IF_ERROR(Convert(c, row, 1, out));
      out += row_bytes;
    }
  }
  return absl::OkStatus();
}

absl::Status Batches::Take(int64_t begin, int64_t end) {
  for (size_t c = 0; c < columns_.size(); ++c) {
    const Column& column = columns_[c];
    if (column.data.dtype == column.dtype) {
      const int64_t row_bytes = buffers_[c].row_elements * SizeOf(column.dtype);
      SetView(c, end - begin, static_cast<const std::byte*>(column.data.data) + begin * row_bytes);
      continue;
    }
    WEFT_ASSIGN_OR_RETURN(std::byte * out, BufferOf(c));
    SetView(c, end - begin, out);
    WEFT_RETURN_IF_ERROR(Convert(c, begin, end - begin, out));
  }
  return absl::OkStatus();
}

}  // namespace weft
