#include "core/dim.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <set>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "core/status.h"

namespace weft {
namespace {

constexpr size_t kMaxSymbolLength = 128;

bool AddOverflows(int64_t a, int64_t b, int64_t* sum) { return __builtin_add_overflow(a, b, sum); }
bool MulOverflows(int64_t a, int64_t b, int64_t* product) { return __builtin_mul_overflow(a, b, product); }

template <typename Int>
Int FloorDivide(Int a, int64_t positive) {
  Int q = a / positive;
  return a % positive < 0 ? q - 1 : q;
}

int64_t FloorModulo(int64_t a, int64_t positive) {
  int64_t r = a % positive;
  return r < 0 ? r + positive : r;
}

// FNV-1a: the same for a text on every run, so nothing that iterates by hash depends on addresses.
uint64_t HashText(absl::string_view text) {
  uint64_t hash = 0xcbf29ce484222325;
  for (unsigned char c : text) hash = (hash ^ c) * 0x100000001b3;
  return hash;
}

bool IsSymbolName(absl::string_view name) {
  if (name.empty() || name.size() > kMaxSymbolLength || name == "floordiv") return false;
  if (!absl::ascii_isalpha(name[0]) && name[0] != '_') return false;
  return std::all_of(name.begin(), name.end(), [](char c) { return absl::ascii_isalnum(c) || c == '_'; });
}

}  // namespace

struct Dim::Expr {
  // A symbol (divisor 0, `text` its name) or floordiv(dividend, divisor) (`text` that). The text identifies the atom.
  struct AtomNode {
    std::string text;
    Dim dividend;
    int64_t divisor = 0;
  };
  using Atom = std::shared_ptr<const AtomNode>;
  // A product of atoms sorted by text; the empty product is 1.
  using Monomial = std::vector<Atom>;

  // Graded lexicographic order. It is a monomial order (a before b implies a*c before b*c), which division rests on.
  struct Before {
    bool operator()(const Monomial& a, const Monomial& b) const {
      if (a.size() != b.size()) return a.size() > b.size();
      for (size_t i = 0; i < a.size(); ++i) {
        if (a[i] == b[i]) continue;
        int order = a[i]->text.compare(b[i]->text);
        if (order != 0) return order < 0;
      }
      return false;
    }
  };
  // Coefficients by monomial. None is 0 in a finished expression.
  using Terms = std::map<Monomial, int64_t, Before>;

  Terms terms;       // at least one, not just a constant; empty only in the invalid expression
  std::string text;  // canonical, so equal texts are equal normal forms
  uint64_t hash = 0;
  int nesting = 0;  // of floordiv

  static std::string Print(const Terms& terms);
  static Dim Make(Terms terms);
  static Dim Invalid();
  static Terms TermsOf(const Dim& d);
  // Adds scale * monomial * (each of `terms`) to *sum; false on overflow.
  static bool AddTo(Terms* sum, const Terms& terms, const Monomial& monomial, int64_t scale);
  static Monomial Product(const Monomial& a, const Monomial& b);
  // *quotient = a / b; false where b does not divide a.
  static bool Divide(const Monomial& a, const Monomial& b, Monomial* quotient);
  static Dim MakeFloorDiv(Terms dividend, int64_t divisor);
  static void CollectSymbols(const Terms& terms, std::set<std::string>* symbols);
  static absl::StatusOr<__int128> Evaluate(const Terms& terms, const SymbolBindings& bindings);
};

std::string Dim::Expr::Print(const Terms& terms) {
  std::string text;
  for (const auto& [monomial, coefficient] : terms) {
    if (coefficient > 0 && !text.empty()) text += '+';
    if (monomial.empty()) {
      absl::StrAppend(&text, coefficient);
    } else if (coefficient == -1) {
      text += '-';
    } else if (coefficient != 1) {
      absl::StrAppend(&text, coefficient, "*");
    }
    for (size_t i = 0; i < monomial.size(); ++i) absl::StrAppend(&text, i > 0 ? "*" : "", monomial[i]->text);
    if (text.size() > kMaxTextLength) break;  // invalid anyway
  }
  return text;
}

Dim Dim::Expr::Invalid() {
  static const auto* const kInvalid = [] {
    auto expr = std::make_shared<Expr>();
    expr->text = "<invalid>";
    return new std::shared_ptr<const Expr>(std::move(expr));
  }();
  return Dim(*kInvalid);
}

Dim Dim::Expr::Make(Terms terms) {
  for (auto it = terms.begin(); it != terms.end();) it = it->second == 0 ? terms.erase(it) : std::next(it);
  if (terms.empty()) return Dim(0);
  if (terms.size() == 1 && terms.begin()->first.empty()) return Dim(terms.begin()->second);
  if (terms.size() > kMaxTerms) return Invalid();
  auto expr = std::make_shared<Expr>();
  expr->text = Print(terms);
  if (expr->text.size() > kMaxTextLength) return Invalid();
  for (const auto& [monomial, coefficient] : terms) {
    for (const Atom& atom : monomial) {
      if (atom->divisor > 0) expr->nesting = std::max(expr->nesting, 1 + atom->dividend.expr_->nesting);
    }
  }
  if (expr->nesting > kMaxNesting) return Invalid();
  expr->hash = HashText(expr->text);
  expr->terms = std::move(terms);
  return Dim(std::move(expr));
}

Dim::Expr::Terms Dim::Expr::TermsOf(const Dim& d) {
  if (!d.is_constant()) return d.expr_->terms;
  Terms terms;
  if (d.constant_ != 0) terms.emplace(Monomial(), d.constant_);
  return terms;
}

Dim::Expr::Monomial Dim::Expr::Product(const Monomial& a, const Monomial& b) {
  Monomial product(a.size() + b.size());
  std::merge(a.begin(), a.end(), b.begin(), b.end(), product.begin(),
             [](const Atom& x, const Atom& y) { return x->text < y->text; });
  return product;
}

bool Dim::Expr::AddTo(Terms* sum, const Terms& terms, const Monomial& monomial, int64_t scale) {
  for (const auto& [other, coefficient] : terms) {
    int64_t scaled;
    if (MulOverflows(coefficient, scale, &scaled)) return false;
    int64_t& entry = (*sum)[Product(other, monomial)];
    if (AddOverflows(entry, scaled, &entry)) return false;
  }
  return true;
}

bool Dim::Expr::Divide(const Monomial& a, const Monomial& b, Monomial* quotient) {
  quotient->clear();
  size_t matched = 0;
  for (const Atom& atom : a) {
    if (matched < b.size() && atom->text == b[matched]->text) {
      ++matched;
    } else {
      quotient->push_back(atom);
    }
  }
  return matched == b.size();
}

Dim Dim::Symbol(absl::string_view name) {
  if (!IsSymbolName(name)) return Expr::Invalid();
  auto atom = std::make_shared<Expr::AtomNode>();
  atom->text = std::string(name);
  Expr::Terms terms;
  terms.emplace(Expr::Monomial{std::move(atom)}, 1);
  return Expr::Make(std::move(terms));
}

bool Dim::is_valid() const { return is_constant() || !expr_->terms.empty(); }

bool Dim::SameExpr(const Dim& a, const Dim& b) {
  if (a.is_constant() || b.is_constant()) return false;
  return a.expr_->hash == b.expr_->hash && a.expr_->text == b.expr_->text;
}

uint64_t Dim::ExprHash() const { return is_constant() ? 0 : expr_->hash; }

std::string Dim::ToString() const { return is_constant() ? absl::StrCat(constant_) : expr_->text; }

Dim operator+(const Dim& a, const Dim& b) {
  using Expr = Dim::Expr;
  if (a.is_constant() && b.is_constant()) {
    int64_t sum;
    return AddOverflows(a.constant_, b.constant_, &sum) ? Expr::Invalid() : Dim(sum);
  }
  if (!a.is_valid() || !b.is_valid()) return Expr::Invalid();
  Expr::Terms sum = Expr::TermsOf(a);
  if (!Expr::AddTo(&sum, Expr::TermsOf(b), {}, 1)) return Expr::Invalid();
  return Expr::Make(std::move(sum));
}

Dim operator-(const Dim& a, const Dim& b) {
  using Expr = Dim::Expr;
  if (a.is_constant() && b.is_constant()) {
    int64_t difference;
    return __builtin_sub_overflow(a.constant_, b.constant_, &difference) ? Expr::Invalid() : Dim(difference);
  }
  if (!a.is_valid() || !b.is_valid()) return Expr::Invalid();
  Expr::Terms sum = Expr::TermsOf(a);
  if (!Expr::AddTo(&sum, Expr::TermsOf(b), {}, -1)) return Expr::Invalid();
  return Expr::Make(std::move(sum));
}

Dim operator*(const Dim& a, const Dim& b) {
  using Expr = Dim::Expr;
  if (a.is_constant() && b.is_constant()) {
    int64_t product;
    return MulOverflows(a.constant_, b.constant_, &product) ? Expr::Invalid() : Dim(product);
  }
  if (!a.is_valid() || !b.is_valid()) return Expr::Invalid();
  Expr::Terms product;
  const Expr::Terms left = Expr::TermsOf(a), right = Expr::TermsOf(b);
  for (const auto& [monomial, coefficient] : left) {
    if (!Expr::AddTo(&product, right, monomial, coefficient)) return Expr::Invalid();
  }
  return Expr::Make(std::move(product));
}

// Brings floordiv(dividend, divisor) to normal form: what is divisible goes outside, common factors are cancelled, a
// floordiv directly inside is merged.
Dim Dim::Expr::MakeFloorDiv(Terms dividend, int64_t divisor) {
  Terms whole, rest;
  int64_t common = divisor;  // of the divisor and the rest's coefficients, the constant excepted
  for (const auto& [monomial, coefficient] : dividend) {
    int64_t quotient = FloorDivide(coefficient, divisor);
    int64_t remainder = FloorModulo(coefficient, divisor);
    if (quotient != 0) whole.emplace(monomial, quotient);
    if (remainder == 0) continue;
    rest.emplace(monomial, remainder);
    if (!monomial.empty()) common = std::gcd(common, remainder);
  }
  // floor((g*e + c) / (g*d)) = floor((e + floor(c/g)) / d) for integers e and c.
  for (auto it = rest.begin(); it != rest.end();) {
    it->second /= common;
    it = it->second == 0 ? rest.erase(it) : std::next(it);
  }
  divisor /= common;

  const bool only_constant = rest.empty() || (rest.size() == 1 && rest.begin()->first.empty());
  if (only_constant) return Make(std::move(whole));  // 0 <= constant < divisor

  const auto& [first, first_coefficient] = *rest.begin();
  const int64_t constant = rest.size() == 2 && rest.rbegin()->first.empty() ? rest.rbegin()->second : 0;
  const bool one_atom = (rest.size() == 1 || constant != 0) && first.size() == 1 && first_coefficient == 1;
  int64_t merged_divisor;
  if (one_atom && first[0]->divisor > 0 && !MulOverflows(first[0]->divisor, divisor, &merged_divisor)) {
    // constant * first->divisor < merged_divisor, so this can't overflow.
    Dim inner = first[0]->dividend + Dim(constant * first[0]->divisor);
    return Make(std::move(whole)) + MakeFloorDiv(TermsOf(inner), merged_divisor);
  }

  auto atom = std::make_shared<AtomNode>();
  atom->dividend = Make(std::move(rest));
  if (!atom->dividend.is_valid()) return Invalid();
  atom->divisor = divisor;
  atom->text = absl::StrCat("floordiv(", atom->dividend.expr_->text, ",", divisor, ")");
  int64_t& entry = whole[Monomial{std::move(atom)}];
  if (AddOverflows(entry, 1, &entry)) return Invalid();  // the same atom may have stood outside already
  return Make(std::move(whole));
}

Dim FloorDiv(const Dim& a, int64_t divisor) {
  if (divisor <= 0 || !a.is_valid()) return Dim::Expr::Invalid();
  if (a.is_constant()) return Dim(FloorDivide(a.constant_, divisor));
  return Dim::Expr::MakeFloorDiv(a.expr_->terms, divisor);
}

absl::StatusOr<Dim> ExactDiv(const Dim& a, const Dim& b) {
  using Expr = Dim::Expr;
  auto refuse = [&] { return InvalidArgument("cannot show that ", b.ToString(), " divides ", a.ToString()); };
  if (!a.is_valid() || !b.is_valid() || b == Dim(0)) return refuse();
  if (a.is_constant() && b.is_constant()) {
    if (b.constant_ == -1) {  // apart, since INT64_MIN % -1 traps
      if (a.constant_ == INT64_MIN) return refuse();
      return -a;
    }
    if (a.constant_ % b.constant_ != 0) return refuse();
    return Dim(a.constant_ / b.constant_);
  }
  // Long division. The leading term of the rest gets smaller at every step, and is divisible by that of b at every step
  // exactly if b divides a.
  Expr::Terms rest = Expr::TermsOf(a), quotient;
  const Expr::Terms divisor = Expr::TermsOf(b);
  const auto& [leading, leading_coefficient] = *divisor.begin();
  while (!rest.empty()) {
    const auto& [monomial, coefficient] = *rest.begin();
    Expr::Monomial factor;
    if (coefficient != 0) {
      const bool overflows = leading_coefficient == -1 && coefficient == INT64_MIN;
      if (overflows || coefficient % leading_coefficient != 0) return refuse();
      if (!Expr::Divide(monomial, leading, &factor)) return refuse();
      const int64_t scale = coefficient / leading_coefficient;
      if (scale == INT64_MIN || quotient.size() == Dim::kMaxTerms) return refuse();
      quotient.emplace(factor, scale);
      if (!Expr::AddTo(&rest, divisor, factor, -scale)) return refuse();
    }
    rest.erase(rest.begin());  // now 0: the leading term was subtracted
  }
  Dim result = Expr::Make(std::move(quotient));
  if (!result.is_valid()) return refuse();
  return result;
}

void Dim::Expr::CollectSymbols(const Terms& terms, std::set<std::string>* symbols) {
  for (const auto& [monomial, coefficient] : terms) {
    for (const Atom& atom : monomial) {
      if (atom->divisor == 0) {
        symbols->insert(atom->text);
      } else {
        CollectSymbols(atom->dividend.expr_->terms, symbols);
      }
    }
  }
}

std::vector<std::string> Dim::Symbols() const {
  std::set<std::string> symbols;
  if (!is_constant()) Expr::CollectSymbols(expr_->terms, &symbols);
  return std::vector<std::string>(symbols.begin(), symbols.end());
}

// In 128 bits, since terms may cancel: "n*n-n*n+1" style sums are common after Substitute.
absl::StatusOr<__int128> Dim::Expr::Evaluate(const Terms& terms, const SymbolBindings& bindings) {
  __int128 sum = 0;
  for (const auto& [monomial, coefficient] : terms) {
    __int128 product = coefficient;
    for (const Atom& atom : monomial) {
      __int128 value;
      if (atom->divisor > 0) {
        WEFT_ASSIGN_OR_RETURN(__int128 dividend, Evaluate(atom->dividend.expr_->terms, bindings));
        value = FloorDivide(dividend, atom->divisor);
      } else {
        auto it = bindings.find(atom->text);
        if (it == bindings.end()) return InvalidArgument("symbol ", atom->text, " has no value");
        if (it->second < 0) return InvalidArgument("symbol ", atom->text, " is ", it->second, ", expected >= 0");
        value = it->second;
      }
      if (__builtin_mul_overflow(product, value, &product)) return InvalidArgument("a product is too large");
    }
    if (__builtin_add_overflow(sum, product, &sum)) return InvalidArgument("a sum is too large");
  }
  return sum;
}

absl::StatusOr<int64_t> Dim::Evaluate(const SymbolBindings& bindings) const {
  if (is_constant()) return constant_;
  if (!is_valid()) return InvalidArgument("an invalid dim (overflow or past the limits) has no value");
  absl::StatusOr<__int128> value = Expr::Evaluate(expr_->terms, bindings);
  if (!value.ok()) return Annotate(value.status(), absl::StrCat("dim ", expr_->text));
  if (*value < INT64_MIN || *value > INT64_MAX) return InvalidArgument("dim ", expr_->text, ": value exceeds int64");
  return static_cast<int64_t>(*value);
}

Dim Dim::Substitute(const absl::flat_hash_map<std::string, Dim>& replacement) const {
  if (is_constant() || !is_valid() || replacement.empty()) return *this;
  Dim sum = 0;
  for (const auto& [monomial, coefficient] : expr_->terms) {
    Dim product = coefficient;
    for (const Expr::Atom& atom : monomial) {
      Dim factor;
      if (atom->divisor > 0) {
        factor = FloorDiv(atom->dividend.Substitute(replacement), atom->divisor);
      } else if (auto it = replacement.find(atom->text); it != replacement.end()) {
        factor = it->second;
      } else {
        factor = Symbol(atom->text);
      }
      product = product * factor;
      if (!product.is_valid()) return product;
    }
    sum = sum + product;
  }
  return sum;
}

}  // namespace weft
