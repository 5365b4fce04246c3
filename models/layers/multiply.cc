#include "models/layers/multiply.h"

#include "ops/elementwise/elementwise.h"

namespace weft {

Value MultiplyLayer::Merge(absl::Span<const Value> inputs, absl::Span<const Value> masks) const {
  Value y, counts;
  for (size_t i = 0; i < inputs.size(); ++i) {
    const Value x = masks[i].ok() ? Select(masks[i], inputs[i], 1.0) : inputs[i];
    y = i == 0 ? x : y * x;
    counts = i == 0 ? masks[i] : counts.ok() && masks[i].ok() ? LogicalOr(counts, masks[i]) : Value();
  }
  return counts.ok() ? Select(counts, y, 0.0) : y;
}

}  // namespace weft
