#include "core/shape.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "core/status.h"

namespace weft {

Shape Shape::FromDims(absl::Span<const int64_t> dims) {
  Shape shape;
  for (int64_t d : dims) shape.push_back(d);
  return shape;
}

bool Shape::is_static() const {
  return std::all_of(dims_.begin(), dims_.end(), [](const Dim& d) { return d.is_constant(); });
}

Dim Shape::NumElements() const {
  Dim product = 1;
  for (const Dim& d : dims_) product = product * d;
  return product;
}

absl::StatusOr<Dims> Shape::Evaluate(const SymbolBindings& bindings) const {
  Dims dims;
  for (const Dim& d : dims_) {
    absl::StatusOr<int64_t> value = d.Evaluate(bindings);
    if (!value.ok()) return Annotate(value.status(), absl::StrCat("shape ", ToString()));
    if (*value < 0) {
      return InvalidArgument("shape ", ToString(), ": dim ", d.ToString(), " is ", *value, ", expected >= 0");
    }
    dims.push_back(*value);
  }
  return dims;
}

Shape Shape::Substitute(const absl::flat_hash_map<std::string, Dim>& replacement) const {
  Shape shape;
  for (const Dim& d : dims_) shape.push_back(d.Substitute(replacement));
  return shape;
}

std::string Shape::ToString() const {
  return absl::StrCat(
      "[", absl::StrJoin(dims_, ",", [](std::string* out, const Dim& d) { absl::StrAppend(out, d.ToString()); }), "]");
}

absl::StatusOr<Shape> Shape::Parse(absl::string_view text) {
  if (text.size() < 2 || text.front() != '[' || text.back() != ']') {
    return InvalidArgument("not a shape: expected [dim,...]");
  }
  absl::string_view inside = text.substr(1, text.size() - 2);
  Shape shape;
  if (inside.empty()) return shape;
  int nesting = 0;  // commas inside parentheses belong to floordiv
  size_t begin = 0;
  for (size_t i = 0; i <= inside.size(); ++i) {
    if (i < inside.size()) {
      if (inside[i] == '(') ++nesting;
      if (inside[i] == ')') --nesting;
      if (inside[i] != ',' || nesting != 0) continue;
    }
    if (shape.rank() == kMaxRank) return InvalidArgument("not a shape: more than ", kMaxRank, " dims");
    WEFT_ASSIGN_OR_RETURN(Dim d, Dim::Parse(inside.substr(begin, i - begin)));
    shape.push_back(std::move(d));
    begin = i + 1;
  }
  return shape;
}

absl::StatusOr<int64_t> CheckedNumElements(absl::Span<const int64_t> dims) {
  if (dims.size() > kMaxRank) return InvalidArgument("rank ", dims.size(), ", expected at most ", kMaxRank);
  int64_t product = 1;
  bool empty = false;
  for (int64_t d : dims) {
    if (d < 0) return InvalidArgument("dims ", DimsToString(dims), ": a dim is negative");
    if (d == 0) {
      empty = true;
    } else if (__builtin_mul_overflow(product, d, &product) || product > kMaxElements) {
      return InvalidArgument("dims ", DimsToString(dims), ": more than ", kMaxElements, " elements");
    }
  }
  return empty ? 0 : product;
}

int64_t NumElements(absl::Span<const int64_t> dims) {
  int64_t product = 1;
  for (int64_t d : dims) product *= d;
  return product;
}

std::string DimsToString(absl::Span<const int64_t> dims) { return absl::StrCat("[", absl::StrJoin(dims, ","), "]"); }

namespace {

// One algorithm for both: `Vector` is Shape or Dims. False where they do not broadcast.
template <typename Vector, typename Size>
bool Broadcast(Size rank_a, Size rank_b, const Vector& a, const Vector& b, Vector* result) {
  const Size rank = std::max(rank_a, rank_b);
  for (Size i = 0; i < rank; ++i) {
    // Axis i of the result is axis i - (rank - rank_a) of a, where a has it.
    const bool in_a = i + rank_a >= rank, in_b = i + rank_b >= rank;
    if (!in_a) {
      result->push_back(b[i + rank_b - rank]);
      continue;
    }
    const auto& x = a[i + rank_a - rank];
    if (!in_b) {
      result->push_back(x);
      continue;
    }
    const auto& y = b[i + rank_b - rank];
    if (x != y && x != 1 && y != 1) return false;
    result->push_back(x == 1 ? y : x);
  }
  return true;
}

}  // namespace

absl::StatusOr<Shape> BroadcastShapes(const Shape& a, const Shape& b) {
  Shape result;
  for (const Shape* s : {&a, &b}) {
    for (const Dim& d : *s) {
      if (!d.is_valid()) return InvalidArgument("shape ", s->ToString(), " has an invalid dim");
    }
  }
  if (!Broadcast(a.rank(), b.rank(), a, b, &result)) {
    return InvalidArgument("shapes ", a.ToString(), " and ", b.ToString(),
                           " do not broadcast: aligned at the last axis, dims must be equal or 1");
  }
  return result;
}

absl::StatusOr<Dims> BroadcastDims(absl::Span<const int64_t> a, absl::Span<const int64_t> b) {
  Dims result;
  if (!Broadcast(a.size(), b.size(), Dims(a.begin(), a.end()), Dims(b.begin(), b.end()), &result)) {
    return InvalidArgument("dims ", DimsToString(a), " and ", DimsToString(b),
                           " do not broadcast: aligned at the last axis, dims must be equal or 1");
  }
  return result;
}

}  // namespace weft
