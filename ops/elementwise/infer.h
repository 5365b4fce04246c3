// Type rules of elementwise ops; also for the elementwise ops of other families.
#ifndef WEFT_OPS_ELEMENTWISE_INFER_H_
#define WEFT_OPS_ELEMENTWISE_INFER_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "core/tensor_type.h"
#include "graph/ir/attribute.h"

namespace weft {

// Which dtypes an op takes.
enum class DTypeClass { kFloat, kNumeric, kBool, kAny };
bool Contains(DTypeClass dtypes, DType dtype);
// "f32 or f64", for error messages.
std::string Describe(DTypeClass dtypes);

// The shape and layout that elementwise results of these operands have: the shapes broadcast. If an operand lies in a
// layout other than row-major, then every operand of more than one element must have that layout and the full shape.
absl::StatusOr<TensorType> BroadcastTypes(absl::Span<const TensorType> inputs);

// One operand of the class; the result has its type.
absl::StatusOr<std::vector<TensorType>> InferUnary(DTypeClass dtypes, absl::Span<const TensorType> inputs);
// Two operands of one dtype of the class, broadcast; the result has that dtype.
absl::StatusOr<std::vector<TensorType>> InferBinary(DTypeClass dtypes, absl::Span<const TensorType> inputs);
// The same, the result bool.
absl::StatusOr<std::vector<TensorType>> InferComparison(absl::Span<const TensorType> inputs);
// One float operand, the result bool.
absl::StatusOr<std::vector<TensorType>> InferPredicate(absl::Span<const TensorType> inputs);
absl::StatusOr<std::vector<TensorType>> InferClip(absl::Span<const TensorType> inputs, const AttrMap& attrs);
absl::StatusOr<std::vector<TensorType>> InferSelect(absl::Span<const TensorType> inputs);
absl::StatusOr<std::vector<TensorType>> InferCast(absl::Span<const TensorType> inputs, const AttrMap& attrs);
// elementwise_program: checks the body too.
absl::StatusOr<std::vector<TensorType>> InferProgram(absl::Span<const TensorType> inputs, const AttrMap& attrs);

// Attribute of elementwise_program: so many outputs of its body, the last ones, make one result.
inline constexpr char kJoinedAttr[] = "joined";
int64_t JoinedOutputs(const AttrMap& attrs);
// The dims that an elementwise_program runs over, from those of its first result. REQUIRES: InferProgram took it.
Dims ProgramDims(const Dims& first_result, const AttrMap& attrs);

}  // namespace weft

#endif  // WEFT_OPS_ELEMENTWISE_INFER_H_
