#include "ops/elementwise/operand_view.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "core/shape.h"

namespace weft {

OperandView::OperandView(absl::Span<const int64_t> dims, absl::Span<const int64_t> iteration, int64_t element_size)
    : element_size_(element_size) {
  const int rank = static_cast<int>(iteration.size()), missing = rank - static_cast<int>(dims.size());
  // From the innermost axis outwards; reversed below.
  int64_t stride = 1;
  for (int axis = rank - 1; axis >= 0; --axis) {
    const int64_t own = axis < missing ? 1 : dims[axis - missing];
    if (iteration[axis] == 1) continue;
    const int64_t step = own == 1 ? 0 : stride;
    stride *= own;
    if (!axes_.empty() && step == axes_.back().stride * axes_.back().size) {
      axes_.back().size *= iteration[axis];
    } else {
      axes_.push_back({iteration[axis], step});
    }
  }
  std::reverse(axes_.begin(), axes_.end());
  if (axes_.empty()) axes_.push_back({1, 0});
  if (axes_.size() == 1) {
    kind_ = axes_[0].stride == 0 ? Kind::kScalar : Kind::kContiguous;
  } else if (axes_[0].stride == 0) {
    kind_ = Kind::kPeriodic;
    period_ = 1;
    for (size_t axis = 1; axis < axes_.size(); ++axis) period_ *= axes_[axis].size;
  }
}

void OperandView::Gather(const void* data, int64_t begin, int64_t n, void* out) const {
  switch (element_size_) {
    case 1:
      return GatherAs(static_cast<const uint8_t*>(data), begin, n, static_cast<uint8_t*>(out));
    case 4:
      return GatherAs(static_cast<const uint32_t*>(data), begin, n, static_cast<uint32_t*>(out));
    default:
      return GatherAs(static_cast<const uint64_t*>(data), begin, n, static_cast<uint64_t*>(out));
  }
}

template <typename T>
void OperandView::GatherAs(const T* data, int64_t begin, int64_t n, T* out) const {
  const int rank = static_cast<int>(axes_.size());
  std::array<int64_t, kMaxRank + 1> position;
  int64_t offset = 0, rest = begin;
  for (int axis = rank - 1; axis >= 0; --axis) {
    position[axis] = axis == 0 ? rest : rest % axes_[axis].size;
    rest /= axes_[axis].size;
    offset += position[axis] * axes_[axis].stride;
  }
  const Axis inner = axes_[rank - 1];
  while (n > 0) {
    const int64_t run = std::min(n, inner.size - position[rank - 1]);
    if (inner.stride == 0) {
      std::fill_n(out, run, data[offset]);
    } else if (run < 16) {
      for (int64_t i = 0; i < run; ++i) out[i] = data[offset + i];
    } else {
      std::memcpy(out, data + offset, static_cast<size_t>(run) * sizeof(T));
    }
    out += run;
    n -= run;
    // On to the next run: the inner axis begins again, the ones outside count on.
    offset -= position[rank - 1] * inner.stride;
    position[rank - 1] = 0;
    for (int axis = rank - 2; axis >= 0; --axis) {
      offset += axes_[axis].stride;
      if (++position[axis] < axes_[axis].size) break;
      offset -= axes_[axis].stride * axes_[axis].size;
      position[axis] = 0;
    }
  }
}

}  // namespace weft
