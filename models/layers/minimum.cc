#include "models/layers/minimum.h"

#include "ops/elementwise/elementwise.h"

namespace weft {

Value MinimumLayer::Merge(absl::Span<const Value> inputs, absl::Span<const Value> masks) const {
  return MergeMasked(inputs, masks, [](Value a, Value b) { return Minimum(a, b); });
}

}  // namespace weft
