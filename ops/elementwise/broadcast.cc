#include "ops/elementwise/broadcast.h"

#include "core/status.h"

namespace weft {

std::vector<int64_t> BroadcastIndex(absl::Span<const int64_t> from, absl::Span<const int64_t> to) {
  const int rank = static_cast<int>(to.size()), missing = rank - static_cast<int>(from.size());
  std::vector<int64_t> strides(rank, 0);
  int64_t stride = 1;
  for (int axis = rank - 1; axis >= missing; --axis) {
    if (from[axis - missing] != 1) strides[axis] = stride;
    stride *= from[axis - missing];
  }
  std::vector<int64_t> index(NumElements(to)), position(rank, 0);
  int64_t offset = 0;
  for (int64_t& element : index) {
    element = offset;
    for (int axis = rank - 1; axis >= 0; --axis) {
      offset += strides[axis];
      if (++position[axis] < to[axis]) break;
      offset -= strides[axis] * to[axis];
      position[axis] = 0;
    }
  }
  return index;
}

RefTensor ZeroRef(DType dtype, absl::Span<const int64_t> dims) {
  RefTensor t;
  t.dtype = dtype;
  t.dims.assign(dims.begin(), dims.end());
  const int64_t n = NumElements(dims);
  if (t.is_float()) {
    t.f.resize(n);
  } else {
    t.i.resize(n);
  }
  return t;
}

absl::StatusOr<RefTensor> BroadcastRef(const RefTensor& t, absl::Span<const int64_t> dims) {
  WEFT_ASSIGN_OR_RETURN(Dims together, BroadcastDims(t.dims, dims));
  if (absl::MakeConstSpan(together) != dims) {
    return InvalidArgument(DimsToString(t.dims), " does not broadcast to ", DimsToString(dims));
  }
  RefTensor result = ZeroRef(t.dtype, dims);
  const std::vector<int64_t> index = BroadcastIndex(t.dims, dims);
  for (size_t k = 0; k < index.size(); ++k) {
    if (t.is_float()) {
      result.f[k] = t.f[index[k]];
    } else {
      result.i[k] = t.i[index[k]];
    }
  }
  return result;
}

}  // namespace weft
