#include "graph/text/cursor.h"

#include <algorithm>
#include <limits>
#include <type_traits>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "graph/text/literal.h"

namespace weft {
namespace {

bool IsWordChar(char c) { return absl::ascii_isalnum(c) || c == '_'; }

}  // namespace

void Cursor::SkipBlanks() {
  while (at_ < text_.size()) {
    const char c = text_[at_];
    if (c == ' ' || c == '\n' || c == '\t' || c == '\r') {
      ++at_;
    } else if (absl::StartsWith(text_.substr(at_), "//")) {
      at_ = std::min(text_.find('\n', at_), text_.size());
    } else {
      return;
    }
  }
}

bool Cursor::AtEnd() {
  SkipBlanks();
  return at_ == text_.size();
}

char Cursor::Peek() { return AtEnd() ? '\0' : text_[at_]; }

bool Cursor::Take(absl::string_view token) {
  SkipBlanks();
  if (!absl::StartsWith(text_.substr(at_), token)) return false;
  const size_t end = at_ + token.size();
  if (IsWordChar(token.back()) && end < text_.size() && IsWordChar(text_[end])) return false;
  at_ = end;
  return true;
}

absl::Status Cursor::Expect(absl::string_view token) {
  if (Take(token)) return absl::OkStatus();
  return Error("expected '", token, "', got ", Next());
}

std::string Cursor::Next() const {
  if (at_ >= text_.size()) return "the end";
  size_t end = at_;
  while (end < text_.size() && IsWordChar(text_[end]) && end - at_ < 32) ++end;
  return Quote(text_.substr(at_, std::max<size_t>(end - at_, 1)));
}

absl::StatusOr<std::string> Cursor::Word(absl::string_view what) {
  SkipBlanks();
  size_t end = at_;
  while (end < text_.size() && IsWordChar(text_[end])) ++end;
  if (end == at_ || absl::ascii_isdigit(text_[at_])) return Error("expected ", what, ", got ", Next());
  std::string word(text_.substr(at_, end - at_));
  at_ = end;
  return word;
}

absl::StatusOr<std::string> Cursor::ValueName() {
  if (Peek() != '%') return Error("expected a value (%name), got ", Next());
  size_t end = at_ + 1;
  while (end < text_.size() && (IsWordChar(text_[end]) || text_[end] == '.')) ++end;
  if (end == at_ + 1) return Error("expected a name behind %");
  std::string name(text_.substr(at_ + 1, end - at_ - 1));
  at_ = end;
  return name;
}

absl::StatusOr<std::string> Cursor::String() {
  if (Peek() != '"') return Error("expected a string in quotes, got ", Next());
  size_t end = at_ + 1;
  while (end < text_.size() && text_[end] != '"' && text_[end] != '\n') end += text_[end] == '\\' ? 2 : 1;
  if (end >= text_.size() || text_[end] != '"') return Error("the string has no closing quote on its line");
  absl::StatusOr<std::string> string = Unquote(text_.substr(at_ + 1, end - at_ - 1));
  if (!string.ok()) return ErrorAt(at_, string.status());
  at_ = end + 1;
  return string;
}

// Digits, signs, letters, points, and what stands in the parentheses of nan(...).
absl::string_view Cursor::NumberToken() {
  SkipBlanks();
  size_t end = at_;
  auto is_part = [&](char c) { return IsWordChar(c) || c == '.' || c == '+' || c == '-'; };
  while (end < text_.size() && is_part(text_[end])) ++end;
  if (text_.substr(at_, end - at_) == "nan" && end < text_.size() && text_[end] == '(') {
    while (end < text_.size() && (is_part(text_[end]) || text_[end] == '(')) ++end;
    if (end < text_.size() && text_[end] == ')') ++end;
  }
  return text_.substr(at_, end - at_);
}

absl::StatusOr<int64_t> Cursor::Int() {
  const absl::string_view token = NumberToken();
  int64_t value = 0;
  if (!ParseInt(token, &value)) return Error("expected an integer (of 64 bits), got ", Next());
  at_ += token.size();
  return value;
}

template <typename Float>
absl::StatusOr<Float> Cursor::FloatOf() {
  const absl::string_view token = NumberToken();
  Float value = 0;
  if (!ParseFloat(token, &value)) {
    return Error("expected a number that fits ", Name(kDTypeOf<Float>), ", got ",
                 token.empty() ? Next() : Quote(token.substr(0, 32)));
  }
  at_ += token.size();
  return value;
}
template absl::StatusOr<float> Cursor::FloatOf<float>();
template absl::StatusOr<double> Cursor::FloatOf<double>();

absl::StatusOr<bool> Cursor::Bool() {
  if (Take("true")) return true;
  if (Take("false")) return false;
  return Error("expected true or false, got ", Next());
}

absl::StatusOr<DType> Cursor::DTypeName() {
  SkipBlanks();
  const size_t begin = at_;
  WEFT_ASSIGN_OR_RETURN(std::string word, Word("an element type"));
  absl::StatusOr<DType> dtype = ParseDType(word);
  if (!dtype.ok()) return ErrorAt(begin, dtype.status());
  return dtype;
}

absl::StatusOr<Shape> Cursor::ShapeLiteral() {
  if (Peek() != '[') return Error("expected a shape ([dim,...]), got ", Next());
  const size_t close = text_.find(']', at_);
  if (close == absl::string_view::npos) return Error("the shape has no closing ]");
  absl::StatusOr<Shape> shape = Shape::Parse(text_.substr(at_, close + 1 - at_));
  if (!shape.ok()) return ErrorAt(at_, shape.status());
  at_ = close + 1;
  return shape;
}

absl::StatusOr<TensorType> Cursor::Type() {
  TensorType type;
  WEFT_ASSIGN_OR_RETURN(type.dtype, DTypeName());
  WEFT_ASSIGN_OR_RETURN(type.shape, ShapeLiteral());
  if (at_ == text_.size() || text_[at_] != '{') return type;
  const size_t begin = at_++;
  WEFT_ASSIGN_OR_RETURN(std::string name, Word("a layout"));
  WEFT_RETURN_IF_ERROR(Expect("}"));
  absl::StatusOr<Layout> layout = ParseLayout(name);
  if (!layout.ok()) return ErrorAt(begin, layout.status());
  type.layout = *layout;
  return type;
}

absl::Status Cursor::Element(Tensor& tensor, int64_t i) {
  return DispatchDType(tensor.dtype(), [&](auto zero) -> absl::Status {
    using T = decltype(zero);
    T& element = static_cast<T*>(tensor.mutable_raw())[i];
    if constexpr (std::is_same_v<T, bool>) {
      WEFT_ASSIGN_OR_RETURN(element, Bool());
    } else if constexpr (std::is_floating_point_v<T>) {
      WEFT_ASSIGN_OR_RETURN(element, FloatOf<T>());
    } else {
      const size_t begin = at_;
      WEFT_ASSIGN_OR_RETURN(const int64_t value, Int());
      if (value < std::numeric_limits<T>::min() || value > std::numeric_limits<T>::max()) {
        return ErrorAt(begin, InvalidArgument(value, " does not fit ", Name(tensor.dtype())));
      }
      element = static_cast<T>(value);
    }
    return absl::OkStatus();
  });
}

absl::StatusOr<Tensor> Cursor::TensorLiteral() {
  SkipBlanks();
  const size_t begin = at_;
  WEFT_ASSIGN_OR_RETURN(const DType dtype, DTypeName());
  WEFT_ASSIGN_OR_RETURN(const Shape shape, ShapeLiteral());
  absl::StatusOr<Dims> dims = shape.Evaluate({});
  if (!dims.ok()) return ErrorAt(begin, dims.status());
  absl::StatusOr<int64_t> n = CheckedNumElements(*dims);
  if (!n.ok()) return ErrorAt(begin, n.status());
  // An element takes a character at least, so nothing is allocated that is not there.
  if (*n > static_cast<int64_t>(text_.size() - at_)) {
    return ErrorAt(begin, InvalidArgument(*n, " elements, more than the text holds"));
  }
  WEFT_ASSIGN_OR_RETURN(Tensor tensor, Tensor::Create(dtype, *dims));
  if (*n == 0) {
    WEFT_RETURN_IF_ERROR(Expect("{"));
    WEFT_RETURN_IF_ERROR(Expect("}"));
    return tensor;
  }
  Dims block = *dims;  // elements below one index of the axis before
  for (int axis = tensor.rank() - 2; axis >= 0; --axis) block[axis] *= block[axis + 1];
  for (int64_t i = 0; i < *n; ++i) {
    if (i > 0) WEFT_RETURN_IF_ERROR(Expect(","));
    for (int64_t size : block) {
      if (i % size == 0) WEFT_RETURN_IF_ERROR(Expect("{"));
    }
    if (Take("...")) return Error("the elements were left out when this text was written: it cannot be read back");
    WEFT_RETURN_IF_ERROR(Element(tensor, i));
    for (int64_t size : block) {
      if ((i + 1) % size == 0) WEFT_RETURN_IF_ERROR(Expect("}"));
    }
  }
  return tensor;
}

int64_t Cursor::Line(size_t position) const {
  if (position < counted_) counted_ = 0, line_ = 1;
  const absl::string_view rest = text_.substr(counted_, position - counted_);
  line_ += std::count(rest.begin(), rest.end(), '\n');
  counted_ = position;
  return line_;
}

absl::Status Cursor::ErrorAt(size_t position, const absl::Status& cause) const {
  const size_t newline = text_.substr(0, position).rfind('\n');
  const size_t column = newline == absl::string_view::npos ? position + 1 : position - newline;
  return Annotate(cause, absl::StrCat(Line(position), ":", column));
}

}  // namespace weft
