#include "models/layers/maximum.h"

#include "ops/elementwise/elementwise.h"

namespace weft {

Value MaximumLayer::Merge(absl::Span<const Value> inputs, absl::Span<const Value> masks) const {
  return MergeMasked(inputs, masks, [](Value a, Value b) { return Maximum(a, b); });
}

}  // namespace weft
