#include "ops/elementwise/simplify.h"

#include <cmath>
#include <cstring>

#include "graph/passes/rewrite.h"
#include "ops/elementwise/elementwise.h"

namespace weft {
namespace {

// `v` if it may stand in the place of the whole op: broadcasting or a conversion may have changed the type.
Value IfSameType(const RewriteContext& c, Value v) { return v.type() == c.type() ? v : Value(); }

// The operand beside a constant `number`, of a commutative op.
Value OtherThan(const RewriteContext& c, double number) {
  for (int i : {0, 1}) {
    if (c.IsConstant(c.input(i), number)) return IfSameType(c, c.input(1 - i));
  }
  return Value();
}

bool IsOp(const RewriteContext& c, int input, absl::string_view op) { return c.IsOp(c.input(input), op); }
Value Inner(const RewriteContext& c, int input) { return c.operand(c.input(input), 0); }

// ---- add, sub

Value AddZero(RewriteContext& c) {
  // +0 is neutral for integers only: -0 + 0 is +0.
  return OtherThan(c, IsFloat(c.type().dtype) ? -0.0 : 0.0);
}
Value SubZero(RewriteContext& c) { return c.IsConstant(c.input(1), 0.0) ? IfSameType(c, c.input(0)) : Value(); }
Value AddNeg(RewriteContext& c) {
  if (IsOp(c, 1, "neg")) return Sub(c.input(0), Inner(c, 1));
  if (IsOp(c, 0, "neg")) return Sub(c.input(1), Inner(c, 0));
  return Value();
}
Value SubNeg(RewriteContext& c) { return IsOp(c, 1, "neg") ? Add(c.input(0), Inner(c, 1)) : Value(); }

// ---- mul

Value MulOne(RewriteContext& c) { return OtherThan(c, 1.0); }
Value MulMinusOne(RewriteContext& c) {
  if (c.type().dtype == DType::kUInt8) return Value();
  Value x = OtherThan(c, -1.0);
  return x.absent() ? x : Neg(x);
}
Value MulNegNeg(RewriteContext& c) {
  return IsOp(c, 0, "neg") && IsOp(c, 1, "neg") ? Mul(Inner(c, 0), Inner(c, 1)) : Value();
}

// ---- div

Value DivOne(RewriteContext& c) { return c.IsConstant(c.input(1), 1.0) ? IfSameType(c, c.input(0)) : Value(); }

// 1 / d for every element, or nothing where an element or its reciprocal is zero, denormal, infinite or NaN; with
// `powers_of_two` also where an element is no power of two.
template <typename T>
std::optional<Tensor> Reciprocal(const Tensor& divisor, bool powers_of_two) {
  Tensor result = divisor.Clone();
  for (T& v : result.mutable_data<T>()) {
    const T inverse = T{1} / v;
    if (!std::isnormal(v) || !std::isnormal(inverse)) return std::nullopt;
    int exponent;
    if (powers_of_two && std::fabs(std::frexp(v, &exponent)) != T{0.5}) return std::nullopt;
    v = inverse;
  }
  return result;
}

Value DivByConstant(RewriteContext& c, bool powers_of_two) {
  const Tensor* divisor = c.Constant(c.input(1));
  if (divisor == nullptr || c.Constant(c.input(0)) != nullptr) return Value();
  std::optional<Tensor> inverse;
  if (divisor->dtype() == DType::kFloat32) inverse = Reciprocal<float>(*divisor, powers_of_two);
  if (divisor->dtype() == DType::kFloat64) inverse = Reciprocal<double>(*divisor, powers_of_two);
  if (!inverse.has_value()) return Value();
  return Mul(c.input(0), c.builder().Constant(*std::move(inverse)));
}
Value DivPowerOfTwo(RewriteContext& c) { return DivByConstant(c, true); }
Value DivConstant(RewriteContext& c) { return DivByConstant(c, false); }

// ---- pow

Value PowTwo(RewriteContext& c) {
  if (!c.IsConstant(c.input(1), 2.0) || c.input(0).type() != c.type()) return Value();
  return Square(c.input(0));
}
Value PowOne(RewriteContext& c) { return c.IsConstant(c.input(1), 1.0) ? IfSameType(c, c.input(0)) : Value(); }

// ---- the same thing twice

Value Involution(RewriteContext& c) { return IsOp(c, 0, c.op().name) ? Inner(c, 0) : Value(); }
Value Idempotent(RewriteContext& c) { return IsOp(c, 0, c.op().name) ? c.input(0) : Value(); }
Value EvenOfNeg(RewriteContext& c) {
  if (!IsOp(c, 0, "neg")) return Value();
  return c.builder().Record1(c.op().name, {Inner(c, 0)}, {}, SourceLocation::current());
}
Value SameOperands(RewriteContext& c) { return c.input(0) == c.input(1) ? c.input(0) : Value(); }

// ---- logic

Value NotEqualOf(RewriteContext& c) {
  // Not of less and the like: with NaN both a < b and a >= b are false.
  if (!IsOp(c, 0, "equal") && !IsOp(c, 0, "not_equal")) return Value();
  Value a = c.operand(c.input(0), 0), b = c.operand(c.input(0), 1);
  return IsOp(c, 0, "equal") ? NotEqual(a, b) : Equal(a, b);
}
Value AndTrue(RewriteContext& c) { return OtherThan(c, 1.0); }
Value OrFalse(RewriteContext& c) { return OtherThan(c, 0.0); }

// ---- select

Value SelectSame(RewriteContext& c) { return c.input(1) == c.input(2) ? IfSameType(c, c.input(1)) : Value(); }
Value SelectConstant(RewriteContext& c) {
  if (c.IsConstant(c.input(0), 1.0)) return IfSameType(c, c.input(1));
  if (c.IsConstant(c.input(0), 0.0)) return IfSameType(c, c.input(2));
  return Value();
}
Value SelectNot(RewriteContext& c) {
  return IsOp(c, 0, "logical_not") ? Select(Inner(c, 0), c.input(2), c.input(1)) : Value();
}

// ---- cast, clip

// Whether every value of `from` is one of `to`.
bool Holds(DType to, DType from) {
  if (to == from) return true;
  switch (from) {
    case DType::kBool:
      return true;
    case DType::kUInt8:
      return to != DType::kBool;
    case DType::kInt32:
      return to == DType::kInt64 || to == DType::kFloat64;
    case DType::kFloat32:
      return to == DType::kFloat64;
    default:
      return false;
  }
}
Value CastSame(RewriteContext& c) { return IfSameType(c, c.input(0)); }
Value CastCast(RewriteContext& c) {
  if (!IsOp(c, 0, "cast")) return Value();
  Value x = Inner(c, 0);
  return Holds(c.input(0).dtype(), x.dtype()) ? Cast(x, c.type().dtype) : Value();
}
Value ClipNothing(RewriteContext& c) {
  return std::isinf(c.attrs().Float("min")) && std::isinf(c.attrs().Float("max")) &&
                 c.attrs().Float("min") < c.attrs().Float("max")
             ? c.input(0)
             : Value();
}

struct Row {
  const char* op;
  const char* name;
  bool exact;
  Value (*apply)(RewriteContext&);
  const char* doc;
};

constexpr Row kRules[] = {
    {"add", "add_zero", true, AddZero, "x + (-0) -> x; for integers x + 0 -> x"},
    {"add", "add_neg", true, AddNeg, "a + neg(b) -> a - b"},
    {"sub", "sub_zero", true, SubZero, "x - 0 -> x"},
    {"sub", "sub_neg", true, SubNeg, "a - neg(b) -> a + b"},
    {"mul", "mul_one", true, MulOne, "x * 1 -> x"},
    {"mul", "mul_minus_one", true, MulMinusOne, "x * -1 -> neg(x)"},
    {"mul", "mul_neg_neg", true, MulNegNeg, "neg(a) * neg(b) -> a * b"},
    {"div", "div_one", true, DivOne, "x / 1 -> x"},
    {"div", "div_power_of_two", true, DivPowerOfTwo, "x / 2^k -> x * 2^-k"},
    {"div", "div_constant", false, DivConstant, "x / c -> x * (1/c)"},
    {"pow", "pow_one", false, PowOne, "pow(x, 1) -> x"},
    {"pow", "pow_two", false, PowTwo, "pow(x, 2) -> square(x)"},
    {"neg", "neg_neg", true, Involution, "neg(neg(x)) -> x"},
    {"logical_not", "not_not", true, Involution, "not(not(x)) -> x"},
    {"logical_not", "not_equal", true, NotEqualOf, "not(a == b) -> a != b; not(a != b) -> a == b"},
    {"abs", "abs_abs", true, Idempotent, "abs(abs(x)) -> abs(x)"},
    {"abs", "abs_neg", true, EvenOfNeg, "abs(neg(x)) -> abs(x)"},
    {"square", "square_neg", true, EvenOfNeg, "square(neg(x)) -> square(x)"},
    {"cos", "cos_neg", true, EvenOfNeg, "cos(neg(x)) -> cos(x)"},
    {"relu", "relu_relu", true, Idempotent, "relu(relu(x)) -> relu(x)"},
    {"floor", "floor_floor", true, Idempotent, "floor(floor(x)) -> floor(x)"},
    {"ceil", "ceil_ceil", true, Idempotent, "ceil(ceil(x)) -> ceil(x)"},
    {"round", "round_round", true, Idempotent, "round(round(x)) -> round(x)"},
    {"minimum", "minimum_same", true, SameOperands, "minimum(x, x) -> x"},
    {"maximum", "maximum_same", true, SameOperands, "maximum(x, x) -> x"},
    {"logical_and", "and_same", true, SameOperands, "x and x -> x"},
    {"logical_and", "and_true", true, AndTrue, "x and true -> x"},
    {"logical_or", "or_same", true, SameOperands, "x or x -> x"},
    {"logical_or", "or_false", true, OrFalse, "x or false -> x"},
    {"select", "select_same", true, SelectSame, "select(c, x, x) -> x"},
    {"select", "select_constant", true, SelectConstant, "select(true, a, b) -> a; select(false, a, b) -> b"},
    {"select", "select_not", true, SelectNot, "select(not(c), a, b) -> select(c, b, a)"},
    {"cast", "cast_same", true, CastSame, "cast to the dtype it has -> x"},
    {"cast", "cast_cast", true, CastCast, "cast(cast(x)) -> cast(x), where the dtype between holds every value of x"},
    {"clip", "clip_nothing", true, ClipNothing, "clip(x, -inf, inf) -> x"},
};

}  // namespace

std::vector<RewriteRule> SimplifyRules(const std::string& op) {
  std::vector<RewriteRule> rules;
  for (const Row& row : kRules) {
    if (op == row.op) rules.push_back({row.name, row.exact, row.apply, row.doc});
  }
  return rules;
}

}  // namespace weft
