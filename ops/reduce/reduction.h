// What the reduce_* ops share. Private to ops/reduce.
#ifndef WEFT_OPS_REDUCE_REDUCTION_H_
#define WEFT_OPS_REDUCE_REDUCTION_H_

#include <limits>
#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "graph/exec/kernel.h"
#include "graph/exec/reference.h"
#include "graph/ir/op_def.h"
#include "ops/reduce/f32_kernels.h"
#include "ops/shape/indexing.h"

namespace weft {

// The type of the result for attributes axes (neighbours, ascending, at least one) and keepdims.
absl::StatusOr<TensorType> ReducedType(const TensorType& input, const AttrMap& attrs);

// The shape with reduced axes of size 1, whatever keepdims says.
Shape KeptShape(const Shape& input, const AttrMap& attrs);

// The operand as [outer, size, inner], the middle being reduced. inner == 1 does not mean that the last axis is
// reduced.
struct ReductionView {
  AxisView view;
  bool rows = false;  // the last axis is among the reduced: lanes, else chunks (see reduce.h)
};
ReductionView ViewOf(absl::Span<const int64_t> dims, const AttrMap& attrs);

// The neutral element and the join, on double for floats and on int64 for the rest.
double Neutral(Reduction reduction);
int64_t Neutral(Reduction reduction, DType dtype);
double Join(Reduction reduction, double a, double b);
int64_t Join(Reduction reduction, int64_t a, int64_t b);

// In index order, in double (int64).
void ReduceReference(Reduction reduction, const RefTensor& x, const AttrMap& attrs, RefTensor& y);

// Float32 through f32_kernels.h, integers and bool through plain loops; null for float64.
absl::StatusOr<std::unique_ptr<Kernel>> MakeReduceKernel(Reduction reduction, const KernelRequest& request);

// A float32 reduction of concrete dims at one ISA level, any part of its results at a time.
class F32Reduction {
 public:
  F32Reduction(Reduction reduction, absl::Span<const int64_t> dims, const AttrMap& attrs, Isa isa);

  int64_t results() const { return v_.view.outer * v_.view.inner; }
  // Results that are best computed together.
  int64_t grain() const;
  // out[0 ...] = results [results.begin, results.end), counted in row-major order.
  void Run(const float* x, Range results, float* out) const;
  // Of all, on one core.
  double estimated_ns() const;

 private:
  ReductionView v_;
  ReduceF32 fn_;
};

}  // namespace weft

#endif  // WEFT_OPS_REDUCE_REDUCTION_H_
