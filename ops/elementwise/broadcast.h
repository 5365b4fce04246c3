// NumPy broadcasting for reference implementations: obvious, not fast.
#ifndef WEFT_OPS_ELEMENTWISE_BROADCAST_H_
#define WEFT_OPS_ELEMENTWISE_BROADCAST_H_

#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "graph/exec/reference.h"

namespace weft {

// index[k] = the position, in a row-major tensor of dims `from`, of the element that broadcasting to dims `to` puts at
// position k. REQUIRES: `from` broadcasts to `to`.
std::vector<int64_t> BroadcastIndex(absl::Span<const int64_t> from, absl::Span<const int64_t> to);

// Zeros.
RefTensor ZeroRef(DType dtype, absl::Span<const int64_t> dims);

// t broadcast to dims; InvalidArgument if it does not.
absl::StatusOr<RefTensor> BroadcastRef(const RefTensor& t, absl::Span<const int64_t> dims);

}  // namespace weft

#endif  // WEFT_OPS_ELEMENTWISE_BROADCAST_H_
