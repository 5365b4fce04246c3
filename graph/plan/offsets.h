// Places for buffers that live for a while: which of them may share bytes, and at which offsets.
#ifndef WEFT_GRAPH_PLAN_OFFSETS_H_
#define WEFT_GRAPH_PLAN_OFFSETS_H_

#include <cstdint>
#include <vector>

#include "absl/types/span.h"

namespace weft {

// A buffer that is needed at the positions first ... last of an order, both included.
struct Interval {
  int first = 0, last = 0;
  int64_t bytes = 0;  // >= 0, a multiple of the alignment
};

struct Packing {
  std::vector<int64_t> offsets;  // one per interval; those that are needed at the same position do not overlap
  int64_t bytes = 0;             // the end of the highest
};

// Tries several orders and keeps the smallest result: best fit as time goes forward and as it goes backward, O(n log
// n); and for at most kMostForSearch intervals also by size and by area, O(n^2 log n). Deterministic.
Packing Pack(absl::Span<const Interval> intervals);
inline constexpr size_t kMostForSearch = 1000;

// The largest sum of bytes needed at one position: no packing is smaller.
int64_t LowerBound(absl::Span<const Interval> intervals);

}  // namespace weft

#endif  // WEFT_GRAPH_PLAN_OFFSETS_H_
