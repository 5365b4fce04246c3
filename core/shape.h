// Shapes: symbolic (Shape, of Dim) at recording, concrete (Dims, of int64) when running.
#ifndef WEFT_CORE_SHAPE_H_
#define WEFT_CORE_SHAPE_H_

#include <cstdint>
#include <initializer_list>
#include <string>

#include "absl/container/inlined_vector.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "core/dim.h"

namespace weft {

// Concrete dimensions, row-major, outermost first. Empty = a scalar.
using Dims = absl::InlinedVector<int64_t, 6>;

// No tensor has more dimensions than this.
inline constexpr int kMaxRank = 16;

class Shape {
 public:
  Shape() = default;
  Shape(std::initializer_list<Dim> dims) : dims_(dims) {}
  explicit Shape(absl::Span<const Dim> dims) : dims_(dims.begin(), dims.end()) {}
  static Shape FromDims(absl::Span<const int64_t> dims);

  int rank() const { return static_cast<int>(dims_.size()); }
  const Dim& operator[](int axis) const { return dims_[axis]; }
  Dim& operator[](int axis) { return dims_[axis]; }
  absl::Span<const Dim> dims() const { return dims_; }
  void push_back(Dim d) { dims_.push_back(std::move(d)); }
  auto begin() const { return dims_.begin(); }
  auto end() const { return dims_.end(); }

  bool is_static() const;
  // The product of all dims; 1 for a scalar.
  Dim NumElements() const;
  // The shape with symbols bound. InvalidArgument names the dim that has no value, or a negative one.
  absl::StatusOr<Dims> Evaluate(const SymbolBindings& bindings) const;
  Shape Substitute(const absl::flat_hash_map<std::string, Dim>& replacement) const;

  // "[n,28,28]"; "[]" for a scalar. Parse is its inverse, and takes at most kMaxRank dims.
  std::string ToString() const;
  static absl::StatusOr<Shape> Parse(absl::string_view text);

  friend bool operator==(const Shape& a, const Shape& b) { return a.dims_ == b.dims_; }
  friend bool operator!=(const Shape& a, const Shape& b) { return !(a == b); }
  template <typename H>
  friend H AbslHashValue(H h, const Shape& s) {
    return H::combine(std::move(h), s.dims_);
  }

 private:
  absl::InlinedVector<Dim, 4> dims_;
};

// The product, or InvalidArgument where there are more than kMaxRank dims, a dim is negative, or the product of the
// dims that are not 0 exceeds kMaxElements (so that the strides of an empty tensor can't overflow either).
absl::StatusOr<int64_t> CheckedNumElements(absl::Span<const int64_t> dims);
inline constexpr int64_t kMaxElements = int64_t{1} << 40;

// The product. REQUIRES: dims that CheckedNumElements accepts.
int64_t NumElements(absl::Span<const int64_t> dims);

// "[2,3]"
std::string DimsToString(absl::Span<const int64_t> dims);

// NumPy broadcasting; an error names both shapes. A symbolic dim broadcasts only against 1 or an equal dim.
absl::StatusOr<Shape> BroadcastShapes(const Shape& a, const Shape& b);
absl::StatusOr<Dims> BroadcastDims(absl::Span<const int64_t> a, absl::Span<const int64_t> b);

}  // namespace weft

#endif  // WEFT_CORE_SHAPE_H_
