#include "ops/shape/recording.h"

#include "core/status.h"

namespace weft {

Value RecordOn(absl::string_view op, absl::Span<const Value> operands, AttrMap attrs, SourceLocation where) {
  for (const Value& v : operands) {
    if (!v.absent()) return v.builder()->Record1(op, operands, std::move(attrs), where);
  }
  return Value();
}

Value RecordingError(absl::string_view op, Value operand, SourceLocation where, const absl::Status& status) {
  GraphBuilder& builder = *operand.builder();
  const std::string& layer = builder.layer_path();
  return builder.Error(
      Annotate(status, absl::StrCat(op, " of ", operand.type().ToString(), " (", layer, layer.empty() ? "" : ", ",
                                    where.file_name(), ":", where.line(), ")")));
}

absl::Status CheckShapeAttr(absl::string_view name, const Shape& shape) {
  if (shape.rank() > kMaxRank) {
    return InvalidArgument(name, ": expected at most ", kMaxRank, " dimensions, got ", shape.rank());
  }
  for (int i = 0; i < shape.rank(); ++i) {
    const Dim& dim = shape[i];
    if (!dim.is_valid()) return InvalidArgument(name, ": dimension ", i, " is not a valid expression (overflow?)");
    if (dim.is_constant() && dim.value() < 0) {
      return InvalidArgument(name, ": expected dimensions >= 0, got ", shape.ToString());
    }
  }
  return absl::OkStatus();
}

}  // namespace weft
