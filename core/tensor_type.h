// The type of a value in a graph: element type, symbolic shape, and (after the layout pass only) memory layout.
#ifndef WEFT_CORE_TENSOR_TYPE_H_
#define WEFT_CORE_TENSOR_TYPE_H_

#include <string>

#include "core/dtype.h"
#include "core/layout.h"
#include "core/shape.h"

namespace weft {

struct TensorType {
  DType dtype = DType::kFloat32;
  Shape shape;
  Layout layout = Layout::kRowMajor;  // anything else appears only in optimized modules, never in files

  int rank() const { return shape.rank(); }
  // "f32[n,28,28]", with "{panels64}" behind it where the layout is not row-major. Parse is its inverse.
  std::string ToString() const;
  static absl::StatusOr<TensorType> Parse(absl::string_view text);

  friend bool operator==(const TensorType& a, const TensorType& b) {
    return a.dtype == b.dtype && a.layout == b.layout && a.shape == b.shape;
  }
  friend bool operator!=(const TensorType& a, const TensorType& b) { return !(a == b); }
  template <typename H>
  friend H AbslHashValue(H h, const TensorType& t) {
    return H::combine(std::move(h), t.dtype, t.layout, t.shape);
  }
};

// The same with symbols bound.
struct ConcreteType {
  DType dtype = DType::kFloat32;
  Dims dims;
  Layout layout = Layout::kRowMajor;
};

absl::StatusOr<ConcreteType> Bind(const TensorType& type, const SymbolBindings& bindings);

}  // namespace weft

#endif  // WEFT_CORE_TENSOR_TYPE_H_
