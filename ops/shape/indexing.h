// Positions in row-major arrays, and axes as people write them: shared by the reference implementations and recording
// functions of the families that look at shapes.
#ifndef WEFT_OPS_SHAPE_INDEXING_H_
#define WEFT_OPS_SHAPE_INDEXING_H_

#include <cstdint>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "core/shape.h"

namespace weft {

// `axis` in [0, rank): a negative one counts from the end. InvalidArgument names the axis and the rank.
absl::StatusOr<int64_t> NormalizeAxis(int64_t axis, int rank);

// The same for several: sorted; InvalidArgument for one given twice. Empty: all axes.
absl::StatusOr<std::vector<int64_t>> NormalizeAxes(absl::Span<const int> axes, int rank);

// InvalidArgument unless `axis`, the attribute of a node, is in [0, rank).
absl::Status CheckAxis(int64_t axis, int rank);

// Strides in elements of a row-major array.
Dims RowMajorStrides(absl::Span<const int64_t> dims);

// The element at `index` (of the rank of `dims`).
int64_t FlatIndex(absl::Span<const int64_t> dims, absl::Span<const int64_t> index);

// Calls f(flat, index) for every position of an array of `dims`, in row-major order.
void ForEachIndex(absl::Span<const int64_t> dims, absl::FunctionRef<void(int64_t flat, const Dims& index)> f);

// An array around one axis: [outer, size, inner].
struct AxisView {
  int64_t outer = 1, size = 1, inner = 1;
};
AxisView ViewAround(absl::Span<const int64_t> dims, int64_t axis);

}  // namespace weft

#endif  // WEFT_OPS_SHAPE_INDEXING_H_
