// Shapes of convolutions, symbolic and concrete, and the references. Private to ops/conv.
#ifndef WEFT_OPS_CONV_CONV_TYPE_H_
#define WEFT_OPS_CONV_CONV_TYPE_H_

#include <array>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "core/tensor_type.h"
#include "graph/exec/reference.h"
#include "graph/ir/op_def.h"

namespace weft::conv {

// strides, dilations, padding_low, padding_high, groups.
std::vector<AttrSpec> ConvAttrs();

// The types of the three results, or what is wrong with operands and attributes.
absl::StatusOr<TensorType> InferConv(const TensorType& x, const TensorType& kernel, const AttrMap& attrs);
absl::StatusOr<TensorType> InferInputGradient(const TensorType& dy, const TensorType& kernel, const AttrMap& attrs);
absl::StatusOr<TensorType> InferKernelGradient(const TensorType& x, const TensorType& dy, const AttrMap& attrs);

// Of a result's 2 x 2 maxima.
Shape PooledShape(Shape result);

// What a convolution is for concrete dims: the pairs are (height, width).
struct ConvDims {
  int64_t n = 0, c = 0, o = 0, groups = 1;
  std::array<int64_t, 2> in{}, out{}, kernel{}, stride{}, dilation{}, low{};

  int64_t group_c() const { return c / groups; }
  int64_t group_o() const { return o / groups; }
  int64_t positions() const { return out[0] * out[1]; }
  int64_t taps() const { return kernel[0] * kernel[1]; }
  double flops() const {
    return 2.0 * static_cast<double>(n * positions()) * static_cast<double>(taps() * group_c()) *
           static_cast<double>(o);
  }
};
// REQUIRES: the dims of x, kernel and y that the type rules took; operand or result makes no difference.
ConvDims MakeConvDims(absl::Span<const int64_t> x, absl::Span<const int64_t> kernel, absl::Span<const int64_t> y,
                      const AttrMap& attrs);

// The dims of y.
Dims ResultDims(absl::Span<const int64_t> x, absl::Span<const int64_t> kernel, const AttrMap& attrs);

// In double, rounded to float at the end where the dtype is f32 and `round`. The result's dims are those of `dims`.
void ReferenceConv(const ConvDims& dims, const RefTensor& x, const RefTensor& kernel, bool round, RefTensor* y);
void ReferenceInputGradient(const ConvDims& dims, const RefTensor& dy, const RefTensor& kernel, bool round,
                            RefTensor* dx);
void ReferenceKernelGradient(const ConvDims& dims, const RefTensor& x, const RefTensor& dy, RefTensor* dk);

}  // namespace weft::conv

#endif  // WEFT_OPS_CONV_CONV_TYPE_H_
