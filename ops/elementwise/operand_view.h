// How one operand of an elementwise program is read: the elements [begin, begin + n) of the operand broadcast to the
// iteration shape, in row-major order.
#ifndef WEFT_OPS_ELEMENTWISE_OPERAND_VIEW_H_
#define WEFT_OPS_ELEMENTWISE_OPERAND_VIEW_H_

#include <cstdint>

#include "absl/container/inlined_vector.h"
#include "absl/types/span.h"

namespace weft {

class OperandView {
 public:
  enum class Kind : uint8_t {
    kScalar,      // one element, everywhere
    kContiguous,  // element i is at position i
    kPeriodic,    // the first period() elements again and again: a bias of a row
    kGeneral,
  };

  // REQUIRES: `dims` broadcasts to `iteration`, whose dims are all positive.
  OperandView(absl::Span<const int64_t> dims, absl::Span<const int64_t> iteration, int64_t element_size);
  // For storage that is iterated as it lies (other layouts).
  static OperandView Contiguous(int64_t element_size) { return OperandView({2}, {2}, element_size); }
  static OperandView Scalar(int64_t element_size) { return OperandView({}, {2}, element_size); }

  Kind kind() const { return kind_; }
  int64_t element_size() const { return element_size_; }
  // REQUIRES: kPeriodic.
  int64_t period() const { return period_; }

  // Copies elements [begin, begin + n) to `out`. Any kind.
  void Gather(const void* data, int64_t begin, int64_t n, void* out) const;

 private:
  // Axes after those of size 1 are dropped and neighbours that are traversed as one are merged. The innermost stride is
  // 0 or 1.
  struct Axis {
    int64_t size, stride;
  };
  template <typename T>
  void GatherAs(const T* data, int64_t begin, int64_t n, T* out) const;

  absl::InlinedVector<Axis, 4> axes_;
  Kind kind_ = Kind::kGeneral;
  int64_t element_size_;
  int64_t period_ = 0;
};

}  // namespace weft

#endif  // WEFT_OPS_ELEMENTWISE_OPERAND_VIEW_H_
