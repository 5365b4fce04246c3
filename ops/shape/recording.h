// What recording functions share: handing on operands that failed, and errors that say where.
#ifndef WEFT_OPS_SHAPE_RECORDING_H_
#define WEFT_OPS_SHAPE_RECORDING_H_

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "graph/ir/builder.h"

namespace weft {

// Records `op` with the builder of the first operand that has one (which reports an absent operand, and hands on a
// failed one). Value() if all operands are absent: there is nobody to tell.
Value RecordOn(absl::string_view op, absl::Span<const Value> operands, AttrMap attrs, SourceLocation where);

// An error found by a recording function itself: "transpose of f32[2,3] (layer, file:line): <status>".
Value RecordingError(absl::string_view op, Value operand, SourceLocation where, const absl::Status& status);

// InvalidArgument for a shape-valued attribute that has more than kMaxRank dims, or an invalid or negative one.
absl::Status CheckShapeAttr(absl::string_view name, const Shape& shape);

}  // namespace weft

#endif  // WEFT_OPS_SHAPE_RECORDING_H_
