#include "core/tensor_type.h"

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "core/status.h"

namespace weft {

std::string TensorType::ToString() const {
  std::string text = absl::StrCat(Name(dtype), shape.ToString());
  if (layout != Layout::kRowMajor) absl::StrAppend(&text, "{", Name(layout), "}");
  return text;
}

absl::StatusOr<TensorType> TensorType::Parse(absl::string_view text) {
  auto parse = [&]() -> absl::StatusOr<TensorType> {
    const size_t open = text.find('['), close = text.rfind(']');
    if (open == absl::string_view::npos || close == absl::string_view::npos || close < open) {
      return InvalidArgument("expected dtype[dim,...]");
    }
    TensorType type;
    WEFT_ASSIGN_OR_RETURN(type.dtype, ParseDType(text.substr(0, open)));
    WEFT_ASSIGN_OR_RETURN(type.shape, Shape::Parse(text.substr(open, close + 1 - open)));
    absl::string_view rest = text.substr(close + 1);
    if (rest.empty()) return type;
    if (rest.size() < 2 || rest.front() != '{' || rest.back() != '}') {
      return InvalidArgument("expected {layout} behind the shape");
    }
    WEFT_ASSIGN_OR_RETURN(type.layout, ParseLayout(rest.substr(1, rest.size() - 2)));
    if (type.layout == Layout::kRowMajor) return InvalidArgument("row_major is not written");
    return type;
  };
  absl::StatusOr<TensorType> type = parse();
  if (type.ok()) return type;
  return Annotate(type.status(), absl::StrCat("not a type: \"", absl::CHexEscape(text.substr(0, 80)), "\""));
}

absl::StatusOr<ConcreteType> Bind(const TensorType& type, const SymbolBindings& bindings) {
  ConcreteType concrete;
  concrete.dtype = type.dtype;
  concrete.layout = type.layout;
  WEFT_ASSIGN_OR_RETURN(concrete.dims, type.shape.Evaluate(bindings));
  return concrete;
}

}  // namespace weft
