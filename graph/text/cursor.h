// A place in a text that is being parsed: skips blanks and comments, takes tokens, and says where an error is.
#ifndef WEFT_GRAPH_TEXT_CURSOR_H_
#define WEFT_GRAPH_TEXT_CURSOR_H_

#include <cstddef>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "core/shape.h"
#include "core/status.h"
#include "core/tensor.h"
#include "core/tensor_type.h"

namespace weft {

class Cursor {
 public:
  explicit Cursor(absl::string_view text) : text_(text) {}

  // Past blanks, newlines and comments ("//" to the end of the line).
  void SkipBlanks();
  bool AtEnd();
  // The next character after blanks; '\0' at the end.
  char Peek();
  // Takes `token` if it comes next (a word only as a whole word).
  bool Take(absl::string_view token);
  absl::Status Expect(absl::string_view token);

  // [A-Za-z_][A-Za-z0-9_]*
  absl::StatusOr<std::string> Word(absl::string_view what);
  // %name, without the %.
  absl::StatusOr<std::string> ValueName();
  // "..."
  absl::StatusOr<std::string> String();
  absl::StatusOr<int64_t> Int();
  template <typename Float>
  absl::StatusOr<Float> FloatOf();
  absl::StatusOr<bool> Bool();
  absl::StatusOr<DType> DTypeName();
  absl::StatusOr<Shape> ShapeLiteral();
  absl::StatusOr<TensorType> Type();
  absl::StatusOr<Tensor> TensorLiteral();

  size_t position() const { return at_; }
  // Lines are counted on from the last call: asking for ascending positions costs one walk over the text in all.
  int64_t Line(size_t position) const;
  // "line:column: message", of the position.
  absl::Status ErrorAt(size_t position, const absl::Status& cause) const;
  template <typename... Args>
  absl::Status Error(const Args&... args) const {
    return ErrorAt(at_, InvalidArgument(args...));
  }

 private:
  // What follows, for messages.
  std::string Next() const;
  absl::string_view NumberToken();
  absl::Status Element(Tensor& tensor, int64_t i);

  absl::string_view text_;
  size_t at_ = 0;
  mutable size_t counted_ = 0;
  mutable int64_t line_ = 1;
};

}  // namespace weft

#endif  // WEFT_GRAPH_TEXT_CURSOR_H_
