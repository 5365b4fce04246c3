// The text form of dims:
//   sum    = ["-"] term { ("+" | "-") term }
//   term   = factor { "*" factor }
//   factor = integer | symbol | "floordiv" "(" sum "," integer ")" | "(" sum ")"
#include <cstdint>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "core/dim.h"
#include "core/status.h"

namespace weft {
namespace {

class DimParser {
 public:
  explicit DimParser(absl::string_view text) : text_(text) {}

  absl::StatusOr<Dim> Parse() {
    WEFT_ASSIGN_OR_RETURN(Dim d, Sum());
    if (at_ != text_.size()) return Error("expected the end, + - or *");
    return d;
  }

 private:
  absl::Status Error(absl::string_view what) const {
    return InvalidArgument("not a dim: ", what, " at character ", at_ + 1);
  }

  void SkipBlanks() {
    while (at_ < text_.size() && text_[at_] == ' ') ++at_;
  }
  char Peek() {
    SkipBlanks();
    return at_ < text_.size() ? text_[at_] : '\0';
  }
  bool Take(char c) {
    if (Peek() != c) return false;
    ++at_;
    return true;
  }
  absl::string_view TakeWhile(bool (*accept)(unsigned char)) {
    SkipBlanks();
    size_t begin = at_;
    while (at_ < text_.size() && (accept(text_[at_]) || text_[at_] == '_')) ++at_;
    return text_.substr(begin, at_ - begin);
  }

  // Digits, with the sign that stood before them: the smallest int64 is the negative of none.
  absl::StatusOr<int64_t> Integer(bool negative) {
    absl::string_view digits = TakeWhile(absl::ascii_isalnum);
    for (char c : digits) {
      if (!absl::ascii_isdigit(c)) return Error("malformed integer");
    }
    int64_t value;
    if (!absl::SimpleAtoi(absl::StrCat(negative ? "-" : "", digits), &value)) {
      return Error(digits.empty() ? "expected an integer" : "integer too large");
    }
    return value;
  }

  absl::StatusOr<Dim> Sum() {
    if (++nesting_ > Dim::kMaxNesting + 1) return Error("too deeply nested");
    WEFT_ASSIGN_OR_RETURN(Dim sum, Term(Take('-')));
    for (int terms = 1; Peek() == '+' || Peek() == '-'; ++terms) {
      if (terms == Dim::kMaxTerms) return Error("too many terms");
      WEFT_ASSIGN_OR_RETURN(Dim term, Term(text_[at_++] == '-'));
      sum = sum + term;
      if (!sum.is_valid()) return Error("sum too large");
    }
    --nesting_;
    return sum;
  }

  absl::StatusOr<Dim> Term(bool negative) {
    Dim product = negative ? -1 : 1;
    if (absl::ascii_isdigit(Peek())) {
      WEFT_ASSIGN_OR_RETURN(product, Integer(negative));
      if (!Take('*')) return product;
    }
    do {
      WEFT_ASSIGN_OR_RETURN(Dim factor, Factor());
      product = product * factor;
      if (!product.is_valid()) return Error("product too large");
    } while (Take('*'));
    return product;
  }

  absl::StatusOr<Dim> Factor() {
    if (Take('(')) {
      WEFT_ASSIGN_OR_RETURN(Dim inner, Sum());
      if (!Take(')')) return Error("expected )");
      return inner;
    }
    if (absl::ascii_isdigit(Peek())) {
      WEFT_ASSIGN_OR_RETURN(int64_t value, Integer(false));
      return Dim(value);
    }
    absl::string_view name = TakeWhile(absl::ascii_isalnum);
    if (name.empty()) return Error("expected an integer, a symbol or (");
    if (name != "floordiv") {
      Dim symbol = Dim::Symbol(name);
      if (!symbol.is_valid()) return Error("symbol too long");
      return symbol;
    }
    if (!Take('(')) return Error("expected ( behind floordiv");
    WEFT_ASSIGN_OR_RETURN(Dim dividend, Sum());
    if (!Take(',')) return Error("expected , and a divisor");
    WEFT_ASSIGN_OR_RETURN(int64_t divisor, Integer(false));
    if (divisor <= 0) return Error("expected a divisor > 0");
    if (!Take(')')) return Error("expected )");
    Dim quotient = FloorDiv(dividend, divisor);
    if (!quotient.is_valid()) return Error("floordiv too large");
    return quotient;
  }

  absl::string_view text_;
  size_t at_ = 0;
  int nesting_ = 0;
};

}  // namespace

absl::StatusOr<Dim> Dim::Parse(absl::string_view text) {
  if (text.size() > kMaxTextLength) {
    return InvalidArgument("not a dim: ", text.size(), " characters, expected at most ", kMaxTextLength);
  }
  absl::StatusOr<Dim> dim = DimParser(text).Parse();
  if (dim.ok()) return dim;
  std::string shown = absl::CHexEscape(text.substr(0, 80));
  return Annotate(dim.status(), absl::StrCat("\"", shown, text.size() > 80 ? "..." : "", "\""));
}

}  // namespace weft
