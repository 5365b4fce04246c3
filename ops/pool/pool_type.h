// Shapes of poolings, symbolic and concrete, and what the references share. Private to ops/pool.
#ifndef WEFT_OPS_POOL_POOL_TYPE_H_
#define WEFT_OPS_POOL_POOL_TYPE_H_

#include <functional>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "core/tensor_type.h"
#include "graph/ir/op_def.h"
#include "ops/pool/f32_kernels.h"

namespace weft {

// window, strides, padding_low, padding_high.
std::vector<AttrSpec> PoolAttrs();

// The shape of the pooled x, or what is wrong with x and the attributes.
absl::StatusOr<Shape> PooledShape(const TensorType& x, const AttrMap& attrs);
// The same, where it must be dy's.
absl::Status CheckPooled(const TensorType& x, const TensorType& dy, const AttrMap& attrs);

// REQUIRES: dims of an image and of what its pooling gives.
PoolGeometry GeometryOf(absl::Span<const int64_t> x, absl::Span<const int64_t> y, const AttrMap& attrs);

// f(element of y, the elements of x in its window, in row-major order) for each element of y in row-major order.
void ForEachPool(const PoolGeometry& g, const std::function<void(int64_t y, absl::Span<const int64_t> window)>& f);

}  // namespace weft

#endif  // WEFT_OPS_POOL_POOL_TYPE_H_
