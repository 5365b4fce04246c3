// Shapes of products, symbolic and concrete, and the reference. Private to ops/dense, but for InferBody, which serves
// every family whose ops take an epilogue.
#ifndef WEFT_OPS_DENSE_PRODUCT_TYPE_H_
#define WEFT_OPS_DENSE_PRODUCT_TYPE_H_

#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "core/tensor_type.h"
#include "graph/exec/reference.h"
#include "graph/ir/op_def.h"

namespace weft::dense {

// The attributes transpose_a, transpose_b and chunk.
std::vector<AttrSpec> ProductAttrs();

// The product's type, row-major; or what is wrong with the operands.
absl::StatusOr<TensorType> InferProduct(const TensorType& a, const TensorType& b, const AttrMap& attrs);

// The types of an epilogue's results: of `result`'s shape, or what is wrong with extras or body. `body_name` is the
// attribute's.
absl::StatusOr<std::vector<TensorType>> InferBody(const TensorType& result, absl::Span<const TensorType> extras,
                                                  const Graph* body, absl::string_view body_name);

// What a product is for concrete dims.
struct ProductDims {
  Dims batch;  // broadcast leading dims
  int64_t m = 0, n = 0, k = 0;
  // Of a's and b's matrices, for each of the NumElements(batch) products: which matrix of the operand.
  std::vector<int64_t> a_index, b_index;

  int64_t products() const { return static_cast<int64_t>(a_index.size()); }
  double flops() const {
    return 2.0 * static_cast<double>(m) * static_cast<double>(n) * static_cast<double>(k) *
           static_cast<double>(products());
  }
};
// REQUIRES: dims that InferProduct took.
absl::StatusOr<ProductDims> MakeProductDims(absl::Span<const int64_t> a, absl::Span<const int64_t> b,
                                            const AttrMap& attrs);

// The product in double (integers: in int64), rounded to float at the end where its dtype is f32 and `round`.
absl::Status ReferenceProduct(const RefTensor& a, const RefTensor& b, const AttrMap& attrs, bool round, RefTensor* y);

}  // namespace weft::dense

#endif  // WEFT_OPS_DENSE_PRODUCT_TYPE_H_
