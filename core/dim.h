// A dimension of a shape: an integer, or an expression over named symbols.
//
// Expressions are kept in a normal form, a sum of integer multiples of products of atoms; an atom is a symbol ("batch")
// or floordiv(expression, positive constant). Two dims are equal exactly when their normal forms are: so reshape,
// flatten, convolution and concatenation infer exactly on a symbolic batch, and an equality that cannot be proved is an
// error that names both sides. A symbol stands for an unknown integer >= 0.
//
// Inside floordiv(e, d) every coefficient lies in [0, d) and shares no common divisor with d: whole multiples of d
// stand outside (floordiv(5*n-1,3) is floordiv(2*n+2,3)+n-1), and floordiv(floordiv(e,a)+c,b) is floordiv(e+a*c,a*b).
// All of these hold for every integer, since an atom is one.
//
// Text form: "7", "n", "2*n+1", "n*n-m", "floordiv(n+1,2)"; terms of higher degree first, then in alphabetical order,
// the constant last. Parse(ToString(d)) == d. Parse also takes any other order, blanks and parentheses.
//
// Cost: a constant is held inline (no allocation); a symbolic dim holds one shared, immutable expression, whose hash
// and text are computed once. Thread safety: immutable value.
//
// Overflow of a coefficient, or an expression past the limits below, gives an invalid dim, which is_valid() tells and
// every verifier refuses. Whatever is computed with an invalid dim is invalid. (Invalid dims compare equal to each
// other so that containers work: check is_valid() before a proof rests on equality.)
#ifndef WEFT_CORE_DIM_H_
#define WEFT_CORE_DIM_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace weft {

// Values of symbols, e.g. {"batch": 64}.
using SymbolBindings = absl::flat_hash_map<std::string, int64_t>;

class Dim {
 public:
  Dim() : constant_(0) {}
  Dim(int64_t value) : constant_(value) {}  // NOLINT: a dim is written as an integer wherever one is meant
  Dim(int value) : constant_(value) {}      // NOLINT

  // Limits of an expression, so that no text, however hostile, costs more than a moment.
  static constexpr int kMaxTextLength = 4096;
  static constexpr int kMaxTerms = 256;
  static constexpr int kMaxNesting = 32;

  // A named symbol: [A-Za-z_][A-Za-z0-9_]* of at most 128 characters, but not "floordiv"; anything else yields an
  // invalid dim.
  static Dim Symbol(absl::string_view name);
  // The inverse of ToString. InvalidArgument for text that is no dim, or one past the limits.
  static absl::StatusOr<Dim> Parse(absl::string_view text);

  bool is_constant() const { return expr_ == nullptr; }
  // REQUIRES: is_constant() (0 otherwise).
  int64_t value() const { return constant_; }
  bool is_valid() const;

  // The value; it may be negative ("n-1" at n = 0). InvalidArgument if a symbol is not bound or bound to a negative
  // number, or if the value does not fit in int64.
  absl::StatusOr<int64_t> Evaluate(const SymbolBindings& bindings) const;
  // The symbols in it, sorted, each once.
  std::vector<std::string> Symbols() const;
  // Replaces symbols by dims, all at once (symbols not in the map stay).
  Dim Substitute(const absl::flat_hash_map<std::string, Dim>& replacement) const;

  std::string ToString() const;

  friend Dim operator+(const Dim& a, const Dim& b);
  friend Dim operator-(const Dim& a, const Dim& b);
  friend Dim operator-(const Dim& a) { return Dim(0) - a; }
  friend Dim operator*(const Dim& a, const Dim& b);
  friend bool operator==(const Dim& a, const Dim& b) {
    return a.expr_ == b.expr_ ? a.constant_ == b.constant_ : SameExpr(a, b);
  }
  friend bool operator!=(const Dim& a, const Dim& b) { return !(a == b); }
  template <typename H>
  friend H AbslHashValue(H h, const Dim& d) {
    return d.is_constant() ? H::combine(std::move(h), d.constant_) : H::combine(std::move(h), d.ExprHash());
  }

  // floor(a / divisor); invalid unless divisor > 0. Exact division is carried out: FloorDiv(28*n+3, 28) == n.
  friend Dim FloorDiv(const Dim& a, int64_t divisor);
  // a / b where b provably divides a (28*n*k by k*n gives 28, n*n+n by n+1 gives n); InvalidArgument naming both
  // otherwise. The quotient is that of the expressions: it says nothing where b evaluates to 0.
  friend absl::StatusOr<Dim> ExactDiv(const Dim& a, const Dim& b);

 private:
  struct Expr;  // dim.cc
  explicit Dim(std::shared_ptr<const Expr> expr) : constant_(0), expr_(std::move(expr)) {}
  static bool SameExpr(const Dim& a, const Dim& b);
  uint64_t ExprHash() const;

  int64_t constant_;                  // 0 where there is an expression
  std::shared_ptr<const Expr> expr_;  // null for a constant
};

Dim FloorDiv(const Dim& a, int64_t divisor);
inline Dim CeilDiv(const Dim& a, int64_t divisor) { return FloorDiv(a + Dim(divisor - 1), divisor); }
absl::StatusOr<Dim> ExactDiv(const Dim& a, const Dim& b);

}  // namespace weft

#endif  // WEFT_CORE_DIM_H_
